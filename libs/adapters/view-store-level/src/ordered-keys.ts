import type { ViewDefinition, ViewDocument, ViewQuery } from '@tollkeeper/ports';

/**
 * Keys of the store. Texts end in 00 01 and have 00 FF for a NUL, so that they sort as they do alone, by code point;
 * numbers are a byte 01 and seven bytes, most significant first, and sort before texts, which begin with 02.
 *
 *     d view id                       → the document as JSON
 *     i view index field … field id   → the id
 *     m view                          → the indexes that exist, as JSON
 */
const tags = { document: 0x64, index: 0x69, meta: 0x6d } as const;
const numberTag = 1;
const textTag = 2;
const numberBytes = 8;
/** Above every byte that a key can go on with. */
const afterAll = Buffer.of(0xff);
const textEnd = Buffer.of(0, 1);

export interface KeyRange {
  readonly gte: Buffer;
  readonly lt: Buffer;
}

function escaped(text: string): Buffer {
  if (!text.isWellFormed()) throw new RangeError(`${JSON.stringify(text)} is not well-formed Unicode`);
  const bytes = Buffer.from(text, 'utf8');
  if (!bytes.includes(0)) return bytes;
  return Buffer.from([...bytes].flatMap((byte) => (byte === 0 ? [0, 0xff] : [byte])));
}

function textKey(text: string): Buffer {
  const bytes = escaped(text);
  const key = Buffer.allocUnsafe(1 + bytes.length + textEnd.length);
  key[0] = textTag;
  key.set(bytes, 1);
  key.set(textEnd, 1 + bytes.length);
  return key;
}

function fieldKey(value: string | number, what: string): Buffer {
  if (typeof value === 'string') return textKey(value);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${what} is ${value}; an index takes texts and safe non-negative integers`);
  const key = Buffer.alloc(numberBytes);
  key[0] = numberTag;
  key.writeUIntBE(Math.floor(value / 2 ** 32), 1, 3);
  key.writeUInt32BE(value % 2 ** 32, 4);
  return key;
}

/** Beginnings of keys by their names: as many as there are views and indexes, and every key needs one. */
const places = new Map<string, Buffer>();

function placeOf(tag: number, view: string, index = ''): Buffer {
  const name = `${tag} ${view}\0${index}`;
  let place = places.get(name);
  if (!place) {
    const names = index === '' ? [view] : [view, index];
    place = Buffer.concat([Buffer.of(tag), ...names.flatMap((one) => [escaped(one), textEnd])]);
    places.set(name, place);
  }
  return place;
}

export function documentKey(view: string, id: string): Buffer {
  return Buffer.concat([placeOf(tags.document, view), escaped(id)]);
}

export function metaKey(view: string): Buffer {
  return placeOf(tags.meta, view);
}

function behind(start: Buffer): Buffer {
  return Buffer.concat([start, afterAll]);
}

export function allDocuments(view: string): KeyRange {
  const start = placeOf(tags.document, view);
  return { gte: start, lt: behind(start) };
}

export function allIndexKeys(view: string): KeyRange {
  const start = placeOf(tags.index, view);
  return { gte: start, lt: behind(start) };
}

/** One key for each index that the document is in. */
export function indexKeys(definition: ViewDefinition, document: ViewDocument): Buffer[] {
  const keys: Buffer[] = [];
  for (const index in definition.indexes) {
    const fields = definition.indexes[index] ?? [];
    const parts: Buffer[] = [placeOf(tags.index, definition.name, index)];
    for (const field of fields) {
      const value: unknown = Reflect.get(document, field);
      if (value === undefined || value === null) break;
      const what = `field ${field} of ${definition.name} ${document.id}`;
      if (typeof value !== 'string' && typeof value !== 'number') throw new RangeError(`${what} is a ${typeof value}; an index takes texts and numbers`);
      parts.push(fieldKey(value, what));
    }
    if (parts.length < fields.length + 1) continue;
    parts.push(escaped(document.id));
    keys.push(Buffer.concat(parts));
  }
  return keys;
}

function larger(a: Buffer, b: Buffer): Buffer {
  return Buffer.compare(a, b) >= 0 ? a : b;
}

function documentRange(definition: ViewDefinition, query: ViewQuery): KeyRange {
  const [prefix = '', ...more] = query.equals;
  if (more.length > 0) throw new RangeError(`a query of ${definition.name} by id takes one prefix`);
  const at = placeOf(tags.document, definition.name);
  const text = (value: string | number): Buffer => Buffer.concat([at, escaped(String(value))]);
  const all = { gte: text(prefix), lt: behind(text(prefix)) };
  const lt = query.to === undefined ? all.lt : text(query.to);
  return { gte: query.from === undefined ? all.gte : larger(all.gte, text(query.from)), lt: Buffer.compare(lt, all.lt) < 0 ? lt : all.lt };
}

/** The keys that a query asks for. @throws RangeError for a query that the definition does not allow */
export function rangeOf(definition: ViewDefinition, query: ViewQuery): KeyRange {
  if (query.index === undefined) return documentRange(definition, query);
  const fields = definition.indexes[query.index];
  if (!fields) throw new RangeError(`view ${definition.name} has no index ${query.index}`);
  const bounded = query.from !== undefined || query.to !== undefined;
  if (query.equals.length + (bounded ? 1 : 0) > fields.length) {
    throw new RangeError(`index ${query.index} of ${definition.name} has ${fields.length} fields; the query names more`);
  }
  const what = `a value for index ${query.index} of ${definition.name}`;
  const start = Buffer.concat([placeOf(tags.index, definition.name, query.index), ...query.equals.map((value) => fieldKey(value, what))]);
  const gte = query.from === undefined ? start : Buffer.concat([start, fieldKey(query.from, what)]);
  const lt = query.to === undefined ? behind(start) : Buffer.concat([start, fieldKey(query.to, what)]);
  return { gte, lt };
}
