import type { BookInput } from '../actors/device-account.contract.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { readEvents, writeEvents } from './page-events.js';

const writer = new ByteWriter();

/** A page on its way to an account in another process. */
export function encodeBookInput(input: BookInput): Uint8Array {
  writer.reset();
  writer.text(input.tenantId);
  writer.text(input.device);
  writer.signed(input.receivedMs);
  writeEvents(writer, input.events);
  return writer.finish();
}

export function decodeBookInput(bytes: Uint8Array): BookInput {
  const reader = new ByteReader(bytes);
  return { tenantId: reader.text(), device: reader.text(), receivedMs: reader.signed(), events: readEvents(reader) };
}
