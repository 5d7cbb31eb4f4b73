import { ActorUnreachable } from '@tollkeeper/ports';

/**
 * What one byte says of a call that was carried: `done` and `failed` have their output or failure behind them; `notHere` and
 * `closing` were not begun; `again` was done, but its output found no room in this answer.
 */
export const carried = { done: 0, failed: 1, notHere: 2, closing: 3, again: 4 } as const;
type Carried = (typeof carried)[keyof typeof carried];

export interface WireCall {
  readonly id: string;
  readonly input: Uint8Array;
}

export interface WireReply {
  readonly status: Carried;
  readonly bytes: Uint8Array;
}

export interface WireAnswer {
  /** The process that answers; new with each start. */
  readonly host: string;
  readonly replies: readonly WireReply[];
}

const version = 1;
const lengthBytes = 4;
const none = new Uint8Array(0);

/** Bytes that a call takes in a request. */
export function callBytes(id: string, input: Uint8Array): number {
  return Buffer.byteLength(id) + input.length + 2 * lengthBytes;
}

export function encodeCalls(calls: readonly WireCall[]): Uint8Array {
  return toFrames(calls.flatMap(({ id, input }) => [Buffer.from(id), input]));
}

/** @throws ActorUnreachable when the bytes come from a version that cannot be read here */
export function decodeCalls(bytes: Uint8Array): readonly WireCall[] {
  const frames = fromFrames(bytes);
  const calls: WireCall[] = [];
  for (let at = 0; at < frames.length; at += 2) calls.push({ id: textOf(frames[at]), input: frames[at + 1] ?? none });
  return calls;
}

export function encodeAnswer({ host, replies }: WireAnswer): Uint8Array {
  return toFrames([Buffer.from(host), ...replies.flatMap(({ status, bytes }) => [Uint8Array.of(status), bytes])]);
}

/** @throws ActorUnreachable when the bytes come from a version that cannot be read here */
export function decodeAnswer(bytes: Uint8Array): WireAnswer {
  const [host, ...frames] = fromFrames(bytes);
  const replies: WireReply[] = [];
  for (let at = 0; at < frames.length; at += 2) replies.push({ status: statusOf(frames[at]), bytes: frames[at + 1] ?? none });
  return { host: textOf(host), replies };
}

function statusOf(frame: Uint8Array | undefined): Carried {
  const status = Object.values(carried).find((known) => known === frame?.[0]);
  if (status === undefined) throw unreadable(`the status ${frame?.[0]}`);
  return status;
}

function textOf(frame: Uint8Array | undefined): string {
  return Buffer.from(frame ?? none).toString('utf8');
}

/** A version, then each part behind its length (32 bits, little-endian). */
function toFrames(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.allocUnsafe(parts.reduce((sum, part) => sum + lengthBytes + part.length, 1));
  let at = bytes.writeUInt8(version);
  for (const part of parts) {
    at = bytes.writeUInt32LE(part.length, at);
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

function fromFrames(given: Uint8Array): Uint8Array[] {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.length);
  if (bytes[0] !== version) throw unreadable(`version ${bytes[0]}`);
  const parts: Uint8Array[] = [];
  for (let at = 1; at < bytes.length; ) {
    if (at + lengthBytes > bytes.length) throw unreadable('a part cut off');
    const end = at + lengthBytes + bytes.readUInt32LE(at);
    if (end > bytes.length) throw unreadable('a part cut off');
    parts.push(bytes.subarray(at + lengthBytes, end));
    at = end;
  }
  return parts;
}

function unreadable(what: string): ActorUnreachable {
  return new ActorUnreachable(`an actor's process sent ${what}, which cannot be read here; do the versions of the replicas fit together?`);
}
