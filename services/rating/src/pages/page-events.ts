import type { UsageEvent } from '@tollkeeper/metering';
import type { ByteReader } from './byte-reader.js';
import { type ByteWriter, sharedPrefix } from './byte-writer.js';

/** An event as a page holds it: what is metered, and the place in the batch that brought it. */
export interface PageEvent extends UsageEvent {
  /** '' for none. */
  readonly key: string;
  readonly dimensions: Readonly<Record<string, string>> | undefined;
  readonly receiptId: string;
  /** Position in the batch that the caller sent, counted from 0. */
  readonly ordinal: number;
}

/** Bits of the byte that begins each event: what equals, or follows from, the event before it. */
const same = { source: 1, meter: 2, receipt: 4, nextOrdinal: 8, quantity: 16 } as const;
const rare = { key: 32, dimensions: 64 } as const;
const longestPrefix = 255;

/** Texts in order of first use: the index is what the page repeats instead of the text. */
class Dictionary {
  readonly texts: string[] = [];
  private readonly indexes = new Map<string, number>();
  private last = '';
  private lastIndex = -1;

  indexOf(text: string): number {
    if (text === this.last && this.lastIndex >= 0) return this.lastIndex;
    let index = this.indexes.get(text);
    if (index === undefined) {
      index = this.texts.length;
      this.texts.push(text);
      this.indexes.set(text, index);
    }
    this.last = text;
    this.lastIndex = index;
    return index;
  }

  write(out: ByteWriter): void {
    out.varint(this.texts.length);
    let before = '';
    for (const text of this.texts) {
      const shared = sharedPrefix(before, text, longestPrefix);
      out.varint(shared);
      out.textAfter(text, shared);
      before = text;
    }
  }
}

function readDictionary(reader: ByteReader): string[] {
  const texts: string[] = [];
  let before = '';
  for (let left = reader.varint(); left > 0; left--) {
    before = reader.text(before.slice(0, reader.varint()));
    texts.push(before);
  }
  return texts;
}

/**
 * Writes a page's events, each as the difference to the one before: sources, meters and receipts by number, ids without the
 * prefix they share, times as differences in milliseconds. About 15 bytes for a reading of a device that counts its ids.
 */
export function writeEvents(out: ByteWriter, events: readonly PageEvent[]): void {
  const sources = new Dictionary();
  const meters = new Dictionary();
  const receipts = new Dictionary();
  for (const event of events) {
    sources.indexOf(event.source);
    meters.indexOf(event.meter);
    receipts.indexOf(event.receiptId);
  }
  sources.write(out);
  meters.write(out);
  receipts.write(out);
  out.varint(events.length);
  let source = 0;
  let meter = 0;
  let receipt = 0;
  let id = '';
  let time = 0;
  let quantity = '';
  let ordinal = -1;
  for (const event of events) {
    const sourceIndex = sources.indexOf(event.source);
    const meterIndex = meters.indexOf(event.meter);
    const receiptIndex = receipts.indexOf(event.receiptId);
    const flags =
      (sourceIndex === source ? same.source : 0) |
      (meterIndex === meter ? same.meter : 0) |
      (receiptIndex === receipt ? same.receipt : 0) |
      (event.ordinal === ordinal + 1 ? same.nextOrdinal : 0) |
      (event.quantity === quantity ? same.quantity : 0) |
      (event.key !== '' ? rare.key : 0) |
      (event.dimensions !== undefined ? rare.dimensions : 0);
    out.byte(flags);
    if (sourceIndex !== source) out.varint(sourceIndex);
    if (meterIndex !== meter) out.varint(meterIndex);
    if (receiptIndex !== receipt) out.varint(receiptIndex);
    if (event.ordinal !== ordinal + 1) out.signed(event.ordinal - ordinal);
    const shared = sharedPrefix(id, event.id, longestPrefix);
    out.varint(shared);
    out.textAfter(event.id, shared);
    out.signed(event.time - time);
    if (event.quantity !== quantity) out.text(event.quantity);
    if (event.key !== '') out.text(event.key);
    if (event.dimensions !== undefined) writeDimensions(out, event.dimensions);
    source = sourceIndex;
    meter = meterIndex;
    receipt = receiptIndex;
    ({ id, time, quantity, ordinal } = event);
  }
}

/** All events, or only those with these indexes: the others are passed over, and what stands behind the last one is not read. */
export function readEvents(reader: ByteReader, wanted?: ReadonlySet<number>): PageEvent[] {
  const sources = readDictionary(reader);
  const meters = readDictionary(reader);
  const receipts = readDictionary(reader);
  const events: PageEvent[] = [];
  const count = reader.varint();
  const end = wanted ? Math.min(count, 1 + Math.max(-1, ...wanted)) : count;
  let source = 0;
  let meter = 0;
  let receipt = 0;
  let id = '';
  let time = 0;
  let quantity: string | undefined = '';
  let quantityAt = 0;
  let ordinal = -1;
  for (let index = 0; index < end; index++) {
    const flags = reader.byte();
    if (!(flags & same.source)) source = reader.varint();
    if (!(flags & same.meter)) meter = reader.varint();
    if (!(flags & same.receipt)) receipt = reader.varint();
    ordinal += flags & same.nextOrdinal ? 1 : reader.signed();
    id = reader.text(id.slice(0, reader.varint()));
    time += reader.signed();
    if (!(flags & same.quantity)) {
      quantityAt = reader.skipText();
      quantity = undefined;
    }
    if (wanted && !wanted.has(index)) {
      if (flags & rare.key) reader.skipText();
      if (flags & rare.dimensions) readDimensions(reader);
      continue;
    }
    quantity ??= reader.textAt(quantityAt);
    const key = flags & rare.key ? reader.text() : '';
    const dimensions = flags & rare.dimensions ? readDimensions(reader) : undefined;
    events.push({
      id,
      source: sources[source] ?? '',
      meter: meters[meter] ?? '',
      time,
      quantity,
      key,
      dimensions,
      ordinal,
      receiptId: receipts[receipt] ?? '',
    });
  }
  return events;
}

function writeDimensions(out: ByteWriter, dimensions: Readonly<Record<string, string>>): void {
  const names = Object.keys(dimensions);
  out.varint(names.length);
  for (const name of names) {
    out.text(name);
    out.text(dimensions[name] ?? '');
  }
}

function readDimensions(reader: ByteReader): Record<string, string> {
  const members: [string, string][] = [];
  for (let left = reader.varint(); left > 0; left--) members.push([reader.text(), reader.text()]);
  return Object.fromEntries(members);
}
