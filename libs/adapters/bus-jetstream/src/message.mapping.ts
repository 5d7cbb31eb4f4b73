import { headers as emptyHeaders, type MsgHdrs } from '@nats-io/transport-node';
import type { BusMessage } from '@tollkeeper/ports';

/** The name of the message, percent-encoded: it may be any text. */
const idHeader = 'Tollkeeper-Id';
/** In its place for a name that is too long for a header: so many bytes before the content are the name. */
const idBytesHeader = 'Tollkeeper-Id-Bytes';
const maxHeaderId = 512;
/** Servers store 64 KiB at most, their own headers included. */
const maxHeaderBytes = 32 << 10;
/** On every part of a message too large for one: `<name of the split> <number of this part> <number of parts>`, the first is 0. */
const partHeader = 'Tollkeeper-Part';
const dedupeHeader = 'Nats-Msg-Id';
const reserved = /^(nats|tollkeeper)-/i;
const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// A line break in a value would begin another header, and servers refuse a NUL.
const unsafeValue = /[\r\n\0]|^\s|\s$/;

export interface Part {
  readonly split: string;
  readonly index: number;
  readonly count: number;
}

export interface WireMessage {
  readonly headers: MsgHdrs;
  readonly data: Uint8Array;
}

/** A message as it is published: its own headers, which other tools may read (trace context), and its id. */
export function toWire(message: BusMessage<unknown>, value: Uint8Array, topic: string): WireMessage {
  const wire = emptyHeaders();
  let data = value;
  if (message.id.length <= maxHeaderId) {
    wire.set(idHeader, encodeURIComponent(message.id.toWellFormed()));
  } else {
    const id = Buffer.from(message.id);
    wire.set(idBytesHeader, String(id.length));
    data = Buffer.concat([id, value]);
  }
  for (const [name, value] of Object.entries(message.headers ?? {})) {
    if (!headerName.test(name) || reserved.test(name) || unsafeValue.test(value)) {
      throw new RangeError(`message ${message.id} for ${topic} has a header that cannot be sent: ${JSON.stringify(name)}`);
    }
    wire.set(name, value);
  }
  if (headerBytes(wire) > maxHeaderBytes) throw new RangeError(`message ${message.id} for ${topic} has more than ${maxHeaderBytes} bytes of headers`);
  return { headers: wire, data };
}

/** Lets the server recognise a second attempt of the same publication, for a short while. */
export function markAttempt(wire: MsgHdrs, attemptId: string): void {
  wire.set(dedupeHeader, attemptId);
}

/** Bytes that the headers take, about. */
export function headerBytes(wire: MsgHdrs): number {
  let bytes = 32;
  for (const [name, values] of wire) for (const value of values) bytes += name.length + 3 * value.length + 4;
  return bytes;
}

export function markPart(wire: MsgHdrs, { split, index, count }: Part): void {
  wire.set(partHeader, `${split} ${index} ${count}`);
}

export function fromPartHeader(wire: MsgHdrs | undefined): Part | undefined {
  const text = wire?.get(partHeader);
  return text ? partOf(text) : undefined;
}

/** Of the headers as they are stored. */
export function fromPartHeaderText(stored: string): Part | undefined {
  const line = stored.split('\r\n').find((header) => header.startsWith(`${partHeader}:`));
  return line === undefined ? undefined : partOf(line.slice(partHeader.length + 1).trim());
}

function partOf(text: string): Part {
  const [split = '', index, count] = text.split(' ');
  return { split, index: Number(index), count: Number(count) };
}

export interface MessageHead {
  readonly id: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Above 0 the id stands before the content. */
  readonly idBytes: number;
}

export function fromHeaders(wire: MsgHdrs | undefined): MessageHead {
  let own: Record<string, string> | undefined;
  let id = '';
  let idBytes = 0;
  for (const [name, [value]] of wire ?? []) {
    if (value === undefined) continue;
    if (name === idHeader) id = idOf(value);
    else if (name === idBytesHeader) idBytes = Number(value);
    else if (!reserved.test(name)) (own ??= {})[name] = value;
  }
  return own ? { id, headers: own, idBytes } : { id, idBytes };
}

/** Parts the content from the id that may stand before it. */
export function fromContent({ id, idBytes }: MessageHead, data: Uint8Array): { readonly id: string; readonly value: Uint8Array } {
  return idBytes === 0 ? { id, value: data } : { id: Buffer.from(data.subarray(0, idBytes)).toString(), value: data.subarray(idBytes) };
}

function idOf(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    // Published by another hand: as it stands it still names the message in logs.
    return value;
  }
}
