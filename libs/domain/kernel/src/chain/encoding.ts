import { type Entry, hashLength } from './entry.js';

/** First byte of every stored entry; another number is another layout. */
const layoutVersion = 1;

const utf8 = new TextEncoder();
const fromUtf8 = new TextDecoder();

/** A grown-once buffer shared by all encodings: encoding is synchronous and its result is copied out. */
let scratch = new Uint8Array(1 << 16);

function room(bytes: number): void {
  if (bytes > scratch.length) scratch = new Uint8Array(Math.max(bytes, scratch.length * 2));
}

function putVarint(at: number, value: number): number {
  while (value > 127) {
    scratch[at++] = (value % 128) | 128;
    value = Math.floor(value / 128);
  }
  scratch[at++] = value;
  return at;
}

/** Names are short ASCII; writing them here costs a fifth of a TextEncoder call. */
function putText(at: number, text: string): number {
  const length = text.length;
  let end = putVarint(at, length);
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) {
      const bytes = utf8.encode(text);
      end = putVarint(at, bytes.length);
      scratch.set(bytes, end);
      return end + bytes.length;
    }
    scratch[end + i] = code;
  }
  return end + length;
}

function putBytes(at: number, bytes: Uint8Array): number {
  const start = putVarint(at, bytes.length);
  scratch.set(bytes, start);
  return start + bytes.length;
}

/**
 * What is hashed: version, chain, n, prev, bookedAt, cause, kind, body, state; lengths before everything whose length
 * varies, so that no two entries share an encoding. Chain and n come first: they are the store's key.
 */
function putContent(entry: Omit<Entry, 'hash'>): number {
  room(128 + hashLength + 3 * (entry.chain.length + entry.cause.length + entry.kind.length) + entry.body.length + entry.state.length);
  scratch[0] = layoutVersion;
  let at = putText(1, entry.chain);
  at = putVarint(at, entry.n);
  scratch.set(entry.prev, at);
  at = putVarint(at + hashLength, entry.bookedAt);
  at = putText(at, entry.cause);
  at = putText(at, entry.kind);
  at = putBytes(at, entry.body);
  return putBytes(at, entry.state);
}

/** The canonical bytes of an entry's content. The view is valid until the next encoding. */
export function contentBytes(entry: Omit<Entry, 'hash'>): Uint8Array {
  // The encoding may move to a larger buffer: only afterwards is it known which.
  const end = putContent(entry);
  return scratch.subarray(0, end);
}

/** The stored form: content, then its hash. */
export function encodeEntry(entry: Entry): Uint8Array {
  return encodedEntry(entry).slice();
}

/** The stored form for whoever copies it at once. The view is valid until the next encoding. */
export function encodedEntry(entry: Entry): Uint8Array {
  const end = putContent(entry);
  scratch.set(entry.hash, end);
  return scratch.subarray(0, end + hashLength);
}

/** @throws RangeError when the bytes are not an encoded entry: cut short, or of another layout. */
export function decodeEntry(bytes: Uint8Array): Entry {
  if (bytes[0] !== layoutVersion) throw new RangeError(`entry layout ${bytes[0]} is not known`);
  let at = 1;
  const varint = (): number => {
    let value = 0;
    for (let unit = 1; ; unit *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('entry is cut short');
      value += (byte & 127) * unit;
      if (byte < 128) return value;
    }
  };
  const take = (length: number): Uint8Array => {
    if (at + length > bytes.length) throw new RangeError('entry is cut short');
    at += length;
    return bytes.subarray(at - length, at);
  };
  const chain = fromUtf8.decode(take(varint()));
  const n = varint();
  const prev = take(hashLength);
  const bookedAt = varint();
  const cause = fromUtf8.decode(take(varint()));
  const kind = fromUtf8.decode(take(varint()));
  const body = take(varint());
  const state = take(varint());
  const hash = take(hashLength);
  if (at !== bytes.length) throw new RangeError('entry has bytes after its end');
  return { chain, n, prev, hash, bookedAt, cause, kind, body, state };
}
