import type { Instant } from '@tollkeeper/kernel';
import type { ByteReader } from '../pages/byte-reader.js';
import type { ByteWriter } from '../pages/byte-writer.js';

/** Every so many pages, a page also carries the fingerprints of the pages since the last digest … */
export const pagesPerDigest = 64;
/** … and every so many pages those of all of them, so that looking an event up reads a few entries, however many pages there are. */
const pagesPerMerge = 4096;

/** Fingerprints of several pages: `pages[i]` is the number of the entry that holds an event with fingerprint `prints[i]`. */
export interface Fingerprints {
  readonly prints: Uint32Array;
  readonly pages: Uint32Array;
}

/** Where an earlier digest stands, and when its newest page was booked. */
export interface DigestRef {
  readonly n: number;
  readonly until: Instant;
  readonly merged: boolean;
}

/** What a page carries for those who look for older events; its own events are not in it. */
export interface Digest {
  readonly fingerprints: Fingerprints;
  /** The earlier digests that, with this one, cover every page before it that was booked inside the late window. */
  readonly earlier: readonly DigestRef[];
}

export function isDigestPage(page: number): boolean {
  return page % pagesPerDigest === 0;
}

export function isMergePage(page: number): boolean {
  return page % pagesPerMerge === 0;
}

/** Which half of a 64-bit number's two 32-bit words counts more on this machine. */
const highWord = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** Joins fingerprints, sorted so that they take three to four bytes each. */
export function joinFingerprints(parts: readonly Fingerprints[]): Fingerprints {
  const count = parts.reduce((sum, part) => sum + part.prints.length, 0);
  // Pairs sort as 64-bit numbers, filled and read as two words each: no object and no bigint per event.
  const pairs = new BigUint64Array(count);
  const words = new Uint32Array(pairs.buffer);
  let at = 0;
  for (const part of parts) {
    for (let i = 0; i < part.prints.length; i++, at += 2) {
      words[at + highWord] = part.prints[i] ?? 0;
      words[at + 1 - highWord] = part.pages[i] ?? 0;
    }
  }
  pairs.sort();
  const prints = new Uint32Array(count);
  const pages = new Uint32Array(count);
  for (let i = 0; i < count; i++) {
    prints[i] = words[2 * i + highWord] ?? 0;
    pages[i] = words[2 * i + 1 - highWord] ?? 0;
  }
  return { prints, pages };
}

export function writeDigest(out: ByteWriter, digest: Digest, ownN: number): void {
  const { prints, pages } = digest.fingerprints;
  out.varint(prints.length);
  let before = 0;
  for (let i = 0; i < prints.length; i++) {
    const print = prints[i] ?? 0;
    out.varint(print - before);
    out.varint(ownN - (pages[i] ?? 0));
    before = print;
  }
  out.varint(digest.earlier.length);
  let time = 0;
  for (const ref of digest.earlier) {
    out.varint((ownN - ref.n) * 2 + (ref.merged ? 1 : 0));
    out.signed(ref.until - time);
    time = ref.until;
  }
}

export function readDigest(reader: ByteReader, ownN: number): Digest {
  const count = reader.varint();
  const prints = new Uint32Array(count);
  const pages = new Uint32Array(count);
  let before = 0;
  for (let i = 0; i < count; i++) {
    before += reader.varint();
    prints[i] = before;
    pages[i] = ownN - reader.varint();
  }
  const earlier: DigestRef[] = [];
  let time = 0;
  for (let left = reader.varint(); left > 0; left--) {
    const place = reader.varint();
    time += reader.signed();
    earlier.push({ n: ownN - Math.floor(place / 2), until: time, merged: place % 2 === 1 });
  }
  return { fingerprints: { prints, pages }, earlier };
}
