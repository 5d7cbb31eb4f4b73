import { requireWellFormed } from '@tollkeeper/mongo-connection';
import type { ViewDefinition, ViewDocument } from '@tollkeeper/ports';
import type { IndexDescription } from 'mongodb';

/** A document as it is stored. */
export interface StoredDocument {
  readonly _id: string;
  readonly version: number;
  /**
   * The texts and whole numbers of the document itself, for indexes. They do not depend on what is indexed: so a document
   * that an older release writes is in the indexes of a newer one, and a new index needs no rewriting.
   */
  readonly fields: Readonly<Record<string, string | number>>;
  /** The document, in the form in which any JSON comes back as it was: BSON has no keys with a NUL, no depth beyond 100. */
  readonly json: string;
}

/** MongoDB takes documents of 16 MiB; this leaves room for the fields. */
const maxJsonBytes = 15 << 20;
/** Longer texts are no keys, unless an index names their field. */
const longestText = 256;
export const indexPrefix = 'by:';

/** Where the value of a document's field is found. */
export function pathOf(field: string): string {
  if (field === 'id') return '_id';
  return field === 'version' ? 'version' : `fields.${field}`;
}

/** Fields that a page is sorted by: those of the index, then the id. */
export function withId(fields: readonly string[]): readonly string[] {
  return fields.includes('id') ? fields : [...fields, 'id'];
}

/** An index is what it holds: another name for the same fields is the same index, other fields are another one. */
export function toIndexes(definition: ViewDefinition): readonly IndexDescription[] {
  const byName = new Map<string, IndexDescription>();
  for (const fields of Object.values(definition.indexes)) {
    for (const field of fields) {
      if (!isPlainName(field)) throw new RangeError(`view ${definition.name}: MongoDB cannot index a field that is called ${JSON.stringify(field)}`);
    }
    const name = `${indexPrefix}${fields.join(',')}`;
    byName.set(name, { name, key: new Map(withId(fields).map((field) => [pathOf(field), 1] as const)) });
  }
  return [...byName.values()];
}

/** @throws RangeError for a document that cannot be kept */
export function toStored(definition: ViewDefinition, document: ViewDocument): StoredDocument {
  const { id, version } = document;
  if (!Number.isSafeInteger(version)) throw new RangeError(`${definition.name} ${id} has version ${version}`);
  requireWellFormed(id);
  const json = JSON.stringify(document);
  // A UTF-16 unit has three bytes at most.
  if (json.length * 3 > maxJsonBytes && Buffer.byteLength(json) > maxJsonBytes) {
    throw new RangeError(`${definition.name} ${id} has ${Buffer.byteLength(json)} bytes; at most ${maxJsonBytes} can be stored`);
  }
  return { _id: id, version, fields: fieldsOf(definition, document), json };
}

function fieldsOf(definition: ViewDefinition, document: ViewDocument): Record<string, string | number> {
  // Without a prototype: a field may be called anything.
  const fields = Object.create(null) as Record<string, string | number>;
  for (const [name, value] of Object.entries(document) as [string, unknown][]) {
    if (name !== 'id' && name !== 'version' && isPlainName(name) && isShortKey(value)) fields[name] = value;
  }
  for (const index of Object.values(definition.indexes)) {
    for (const field of index) {
      const value: unknown = Reflect.get(document, field);
      if (value === undefined || value === null) break;
      requireKey(value, `field ${field} of ${definition.name} ${document.id}`);
      if (field !== 'id' && field !== 'version') fields[field] = value;
    }
  }
  return fields;
}

function isPlainName(name: string): boolean {
  return name !== '' && name !== '__proto__' && !name.startsWith('$') && !name.includes('.') && !name.includes('\0') && name.isWellFormed();
}

function isShortKey(value: unknown): value is string | number {
  if (typeof value === 'string') return value.length <= longestText && value.isWellFormed();
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** @throws RangeError for a value that no index takes */
export function requireKey(value: unknown, what: string): asserts value is string | number {
  if (typeof value === 'string') return requireWellFormed(value);
  if (typeof value !== 'number') throw new RangeError(`${what} is a ${typeof value}; an index takes texts and numbers`);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${what} is ${value}; an index takes texts and safe non-negative integers`);
}
