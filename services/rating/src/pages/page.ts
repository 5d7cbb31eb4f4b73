import type { Instant } from '@tollkeeper/kernel';
import { type Digest, type Fingerprints, readDigest, writeDigest } from '../identity/digest.js';
import { fingerprint } from '../identity/fingerprint.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import { type PageEvent, readEvents, writeEvents } from './page-events.js';

/** First byte of the body of a `usage_posted` entry; another number is another layout. */
const layoutVersion = 1;

/** What the events of a page cost more in one period, by one meter, price and window. */
export interface PageCharge {
  readonly periodStart: Instant;
  readonly periodEnd: Instant;
  readonly meter: string;
  readonly priceList: string;
  /** Moment from which the price-list version that was used is in effect. */
  readonly effectiveFrom: Instant;
  /** Time-of-use window, '' for none. */
  readonly window: string;
  /** Exact decimals; what the page added, which may be negative. */
  readonly quantity: string;
  readonly amount: string;
  readonly events: number;
}

export interface Page {
  /** Catalogue version that the page was priced with. */
  readonly catalogue: number;
  readonly events: readonly PageEvent[];
  readonly charges: readonly PageCharge[];
  readonly digest: Digest | undefined;
}

const writer = new ByteWriter();

/** `n` is the number of the entry that the body is for; a digest counts back from it. */
export function encodePage(page: Page, n: number): Uint8Array {
  writer.reset();
  writer.byte(layoutVersion);
  writer.varint(page.catalogue);
  writer.varint(page.events.length);
  for (const event of page.events) writer.uint32(fingerprint(event.source, event.id));
  writer.byte(page.digest ? 1 : 0);
  if (page.digest) writeDigest(writer, page.digest, n);
  writeEvents(writer, page.events);
  writer.varint(page.charges.length);
  for (const charge of page.charges) writeCharge(writer, charge);
  return writer.finish();
}

function writeCharge(out: ByteWriter, charge: PageCharge): void {
  out.signed(charge.periodStart);
  out.signed(charge.periodEnd - charge.periodStart);
  out.text(charge.meter);
  out.text(charge.priceList);
  out.signed(charge.effectiveFrom);
  out.text(charge.window);
  out.text(charge.quantity);
  out.text(charge.amount);
  out.varint(charge.events);
}

function readCharge(reader: ByteReader): PageCharge {
  const periodStart = reader.signed();
  const periodEnd = periodStart + reader.signed();
  const meter = reader.text();
  const priceList = reader.text();
  const effectiveFrom = reader.signed();
  const window = reader.text();
  const quantity = reader.text();
  const amount = reader.text();
  return { periodStart, periodEnd, meter, priceList, effectiveFrom, window, quantity, amount, events: reader.varint() };
}

function begin(body: Uint8Array): ByteReader {
  const reader = new ByteReader(body);
  const layout = reader.byte();
  if (layout !== layoutVersion) throw new RangeError(`page layout ${layout} is not known; a newer release wrote it`);
  return reader;
}

/** @throws RangeError the bytes are no page, are cut short, or are of a newer layout. */
export function decodePage(body: Uint8Array, n: number): Page {
  const reader = begin(body);
  const catalogue = reader.varint();
  reader.uint32s(reader.varint());
  const digest = reader.byte() === 1 ? readDigest(reader, n) : undefined;
  const events = readEvents(reader);
  const charges: PageCharge[] = [];
  for (let left = reader.varint(); left > 0; left--) charges.push(readCharge(reader));
  if (!reader.atEnd) throw new RangeError('the page has bytes after its end');
  return { catalogue, events, charges, digest };
}

/** Only the events with one of these fingerprints: as a rule the one that somebody asks for. */
export function findEvents(body: Uint8Array, n: number, prints: ReadonlySet<number>): readonly PageEvent[] {
  const reader = begin(body);
  reader.varint();
  const own = reader.uint32s(reader.varint());
  const wanted = new Set<number>();
  for (let i = 0; i < own.length; i++) if (prints.has(own[i] ?? 0)) wanted.add(i);
  if (wanted.size === 0) return [];
  if (reader.byte() === 1) readDigest(reader, n);
  return readEvents(reader, wanted);
}

/** The fingerprints of a page's events, without decoding them. */
export function readPrints(body: Uint8Array): Uint32Array {
  const reader = begin(body);
  reader.varint();
  return reader.uint32s(reader.varint());
}

/** Only what an identity look-up needs of a page. */
export function readFingerprints(body: Uint8Array, n: number): Fingerprints {
  const prints = readPrints(body);
  return { prints, pages: new Uint32Array(prints.length).fill(n) };
}

export function readPageDigest(body: Uint8Array, n: number): Digest | undefined {
  const reader = begin(body);
  reader.varint();
  reader.uint32s(reader.varint());
  return reader.byte() === 1 ? readDigest(reader, n) : undefined;
}
