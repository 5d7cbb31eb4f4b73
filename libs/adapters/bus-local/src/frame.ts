import type { BusMessage } from '@tollkeeper/ports';
import { crc32 } from 'node:zlib';

/**
 * The log is a row of frames; each holds messages of one partition that were published together. Numbers are big-endian.
 *
 *      0  magic        4 bytes
 *      4  length       4, of the whole frame
 *      8  checksum     4, CRC-32 of everything behind it
 *     12  position     6, of the frame in the log: bytes left over from another place are told apart
 *     18  durable      6, the log was known to be on the disk up to here when the frame was made
 *     24  partition    2
 *     26  count        4
 *     30  topic        1 for its length, then UTF-8
 *         per message: id, headers (JSON or nothing), value; each a varint length and its bytes
 *
 * A message's position is that of its frame plus its index: no message is shorter than a byte, so positions are unique
 * and grow.
 */
export const magic: Buffer = Buffer.from('TKL1', 'latin1');
const headerBytes = 31;
const checksummedFrom = 12;

export interface FrameHeader {
  readonly position: number;
  readonly length: number;
  readonly durable: number;
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
}

/** Messages that were published together, with their place in the log. */
export interface PublishedFrame {
  readonly header: FrameHeader;
  readonly messages: readonly BusMessage<unknown>[];
  /** Encoded, same index as `messages`. */
  readonly values: readonly Uint8Array[];
}

/** A message whose value is still encoded. */
export interface EncodedMessage {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly value: Uint8Array;
}

function varintBytes(value: number): number {
  return value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x200000 ? 3 : value < 0x10000000 ? 4 : 5;
}

function putVarint(into: Buffer, at: number, value: number): number {
  let rest = value;
  while (rest > 127) {
    into[at++] = (rest & 127) | 128;
    rest = Math.floor(rest / 128);
  }
  into[at] = rest;
  return at + 1;
}

/** Messages with their lengths, measured once. */
export class FrameDraft {
  private readonly headers: string[] = [];
  readonly bytes: number;

  constructor(
    private readonly topic: string,
    private readonly partition: number,
    readonly messages: readonly BusMessage<unknown>[],
    /** Encoded, same index as `messages`. */
    readonly values: readonly Uint8Array[],
  ) {
    let bytes = headerBytes + Buffer.byteLength(topic);
    messages.forEach((message, i) => {
      const value = values[i] ?? new Uint8Array(0);
      const headers = message.headers ? JSON.stringify(message.headers) : '';
      this.headers.push(headers);
      bytes += messageBytes(message.id, headers, value);
    });
    this.bytes = bytes;
  }

  encode(position: number, durable: number): Buffer {
    const into = Buffer.allocUnsafe(this.bytes);
    magic.copy(into, 0);
    into.writeUInt32BE(this.bytes, 4);
    into.writeUIntBE(position, 12, 6);
    into.writeUIntBE(durable, 18, 6);
    into.writeUInt16BE(this.partition, 24);
    into.writeUInt32BE(this.messages.length, 26);
    let at = headerBytes + into.write(this.topic, headerBytes, 'utf8');
    into[headerBytes - 1] = at - headerBytes;
    for (let i = 0; i < this.messages.length; i++) {
      at = putText(into, at, this.messages[i]?.id ?? '');
      at = putText(into, at, this.headers[i] ?? '');
      const value = this.values[i] ?? new Uint8Array(0);
      at = putVarint(into, at, value.length);
      into.set(value, at);
      at += value.length;
    }
    into.writeUInt32BE(crc32(into.subarray(checksummedFrom)), 8);
    return into;
  }
}

/** Bytes that a message takes in a frame. */
function messageBytes(id: string, headers: string, value: Uint8Array): number {
  const idBytes = Buffer.byteLength(id);
  const headersBytes = Buffer.byteLength(headers);
  return varintBytes(idBytes) + idBytes + varintBytes(headersBytes) + headersBytes + varintBytes(value.length) + value.length;
}

function putText(into: Buffer, at: number, text: string): number {
  const start = putVarint(into, at, Buffer.byteLength(text));
  return start + into.write(text, start, 'utf8');
}

/** The length that a frame at `at` states, or undefined when no frame begins there. */
export function statedLength(bytes: Buffer, at: number): number | undefined {
  if (bytes.length - at < headerBytes || bytes.compare(magic, 0, magic.length, at, at + magic.length) !== 0) return undefined;
  const length = bytes.readUInt32BE(at + 4);
  return length >= headerBytes ? length : undefined;
}

/** The frame at `at`, where it is whole and belongs at `position`. */
export function readHeader(bytes: Buffer, at: number, position: number): FrameHeader | undefined {
  const length = statedLength(bytes, at);
  if (length === undefined || bytes.length - at < length) return undefined;
  if (bytes.readUIntBE(at + 12, 6) !== position) return undefined;
  if (crc32(bytes.subarray(at + checksummedFrom, at + length)) !== bytes.readUInt32BE(at + 8)) return undefined;
  const topicBytes = bytes[at + headerBytes - 1] ?? 0;
  return {
    position,
    length,
    durable: bytes.readUIntBE(at + 18, 6),
    partition: bytes.readUInt16BE(at + 24),
    count: bytes.readUInt32BE(at + 26),
    topic: bytes.toString('utf8', at + headerBytes, at + headerBytes + topicBytes),
  };
}

/** The messages of a frame that `readHeader` found right; values are views into `bytes`. */
export function readMessages(bytes: Buffer, start: number, header: FrameHeader): EncodedMessage[] {
  let at = start + headerBytes + (bytes[start + headerBytes - 1] ?? 0);
  const take = (): Buffer => {
    let length = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++] ?? 0;
      length += (byte & 127) * unit;
      if (byte < 128) break;
    }
    at += length;
    return bytes.subarray(at - length, at);
  };
  const messages: EncodedMessage[] = [];
  for (let i = 0; i < header.count; i++) {
    const id = take().toString('utf8');
    const headers = take().toString('utf8');
    messages.push({ id, headers: headers === '' ? undefined : (JSON.parse(headers) as Record<string, string>), value: take() });
  }
  return messages;
}

/** A frame without messages that fills `gap`, so that what stands behind damaged bytes can still be read. */
export function fillerOver(gap: Buffer, position: number): Buffer {
  if (gap.length < headerBytes) throw new RangeError(`${gap.length} bytes are too few for a frame`);
  const filler = Buffer.from(gap);
  filler.fill(0, 0, headerBytes);
  magic.copy(filler, 0);
  filler.writeUInt32BE(gap.length, 4);
  filler.writeUIntBE(position, 12, 6);
  filler.writeUInt32BE(crc32(filler.subarray(checksummedFrom)), 8);
  return filler;
}
