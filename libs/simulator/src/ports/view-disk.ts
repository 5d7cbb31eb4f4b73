import { CursorInvalid, type ViewDefinition, type ViewDocument, type ViewPage, type ViewQuery } from '@tollkeeper/ports';
import type { Chance } from '../world/chance.js';

interface Stored {
  /** What is handed out: parsed anew each time, so that nobody shares a document. */
  readonly text: string;
  readonly document: ViewDocument & Readonly<Record<string, unknown>>;
}

interface Change {
  readonly view: Map<string, Stored>;
  readonly id: string;
  readonly before: Stored | undefined;
}

type Key = readonly (string | number)[];

/** The documents of a world. Changes of rebuildable views count as unsynced until somebody flushes. */
export class ViewDisk {
  private readonly views = new Map<string, Map<string, Stored>>();
  private unsynced: Change[] = [];

  put(definition: ViewDefinition, texts: readonly string[]): void {
    const view = this.of(definition);
    for (const text of texts) {
      const document = JSON.parse(text) as Stored['document'];
      checkFields(definition, document);
      const before = view.get(document.id);
      if (before && before.document.version > document.version) continue;
      this.remember(definition, view, document.id, before);
      view.set(document.id, { text, document });
    }
  }

  get(definition: ViewDefinition, id: string): string | undefined {
    return this.of(definition).get(id)?.text;
  }

  remove(definition: ViewDefinition, ids: readonly string[]): void {
    const view = this.of(definition);
    for (const id of ids) {
      this.remember(definition, view, id, view.get(id));
      view.delete(id);
    }
  }

  list(definition: ViewDefinition, query: ViewQuery): ViewPage<string> {
    const fields = query.index === undefined ? [] : definition.indexes[query.index];
    if (!fields) throw new RangeError(`view ${definition.name} has no index ${query.index}`);
    if (query.equals.length > Math.max(fields.length, 1)) throw new RangeError(`index ${query.index} of ${definition.name} has ${fields.length} fields`);
    const collection = JSON.stringify([definition.name, query.index, query.equals, query.from, query.to, query.descending]);
    const wanted = [...this.of(definition).values()].flatMap((stored) => {
      const key = keyOf(stored.document, fields);
      return key && isWanted(key, query) ? [{ key, stored }] : [];
    });
    const direction = query.descending ? -1 : 1;
    wanted.sort((a, b) => direction * compareKeys(a.key, b.key));
    const after = query.cursor === undefined ? undefined : readCursor(query.cursor, collection);
    const rest = after ? wanted.filter(({ key }) => direction * compareKeys(key, after) > 0) : wanted;
    const page = rest.slice(0, query.limit);
    const last = page.at(-1);
    const next = last && rest.length > page.length ? writeCursor(collection, last.key) : undefined;
    return { items: page.map(({ stored }) => stored.text), ...(next === undefined ? {} : { next }) };
  }

  flush(): void {
    this.unsynced = [];
  }

  /** A tail of what was not synced is gone. */
  losePower(chance: Chance): void {
    for (let lost = chance.below(this.unsynced.length + 1); lost > 0; lost--) {
      const change = this.unsynced.pop();
      if (!change) break;
      if (change.before) change.view.set(change.id, change.before);
      else change.view.delete(change.id);
    }
    this.unsynced = [];
  }

  private of({ name }: ViewDefinition): Map<string, Stored> {
    let view = this.views.get(name);
    if (!view) this.views.set(name, (view = new Map()));
    return view;
  }

  private remember(definition: ViewDefinition, view: Map<string, Stored>, id: string, before: Stored | undefined): void {
    if (definition.kind === 'rebuildable') this.unsynced.push({ view, id, before });
  }
}

function checkFields(definition: ViewDefinition, document: Stored['document']): void {
  for (const field of Object.values(definition.indexes).flat()) {
    const value = document[field];
    if (value === undefined || typeof value === 'string' || (Number.isSafeInteger(value) && Number(value) >= 0)) continue;
    throw new RangeError(`${field} of ${definition.name} ${document.id} is ${JSON.stringify(value)}: index fields hold texts or safe non-negative integers`);
  }
}

/** The fields of an index and then the id, which makes it unique; undefined for a document that lacks one. */
function keyOf(document: Stored['document'], fields: readonly string[]): Key | undefined {
  const key: (string | number)[] = [];
  for (const field of fields) {
    const value = document[field];
    if (typeof value !== 'string' && typeof value !== 'number') return undefined;
    key.push(value);
  }
  return [...key, document.id];
}

function isWanted(key: Key, { index, equals, from, to }: ViewQuery): boolean {
  if (index === undefined) {
    const [prefix] = equals;
    if (prefix !== undefined && !String(key[0]).startsWith(String(prefix))) return false;
  } else if (!equals.every((value, i) => key[i] === value)) {
    return false;
  }
  const bounded = key[index === undefined ? 0 : equals.length];
  if (bounded === undefined) return true;
  return (from === undefined || compare(bounded, from) >= 0) && (to === undefined || compare(bounded, to) < 0);
}

/** Numbers before texts; texts by UTF-8, which orders like code points. */
function compare(a: string | number, b: string | number): number {
  if (typeof a === 'number' || typeof b === 'number') {
    return typeof a === 'number' && typeof b === 'number' ? a - b : typeof a === 'number' ? -1 : 1;
  }
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function compareKeys(a: Key, b: Key): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) {
    const order = compare(a[i] ?? '', b[i] ?? '');
    if (order !== 0) return order;
  }
  return a.length - b.length;
}

function writeCursor(collection: string, key: Key): string {
  return Buffer.from(JSON.stringify([collection, key])).toString('base64url');
}

function readCursor(cursor: string, collection: string): Key {
  try {
    const read: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(read) && read[0] === collection && Array.isArray(read[1])) return read[1] as Key;
  } catch {
    // Whatever it is, it was not written here.
  }
  throw new CursorInvalid(`${cursor.slice(0, 40)} is not a cursor of ${collection}`);
}
