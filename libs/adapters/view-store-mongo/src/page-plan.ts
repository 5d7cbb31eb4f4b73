import { behindPrefix } from '@tollkeeper/mongo-connection';
import { CursorInvalid, type ViewDefinition, type ViewDocument, type ViewQuery } from '@tollkeeper/ports';
import type { Filter, Sort } from 'mongodb';
import { fromCursor, toCursor, type CursorContext } from './cursor.js';
import { pathOf, requireKey, withId, type StoredDocument } from './stored-document.js';

type Key = string | number;

/** Bounds on the first field that the page is sorted by. */
interface Bounds {
  readonly $gte?: Key;
  readonly $lt?: Key;
}

/** How a page is read: filters whose results follow one another, each a single stretch of one index, and their order. */
export interface PagePlan {
  readonly filters: readonly Filter<StoredDocument>[];
  readonly sort: Sort;
  /** The cursor that goes on behind a document. */
  cursorBehind(document: ViewDocument): string;
}

/** @throws RangeError for a query that the definition does not allow, CursorInvalid */
export function planPage(definition: ViewDefinition, query: ViewQuery): PagePlan {
  const fields = query.index === undefined ? [] : fieldsOf(definition, query, query.index);
  const fixed: Filter<StoredDocument> = {};
  const what = `a value for index ${query.index} of ${definition.name}`;
  if (query.index !== undefined) {
    query.equals.forEach((value, i) => {
      requireKey(value, what);
      Object.assign(fixed, { [pathOf(fields[i] ?? '')]: value });
    });
    for (const bound of [query.from, query.to]) if (bound !== undefined) requireKey(bound, what);
  }
  const order = query.index === undefined ? ['id'] : withId(fields).filter((field) => fields.indexOf(field) < 0 || fields.indexOf(field) >= query.equals.length);
  const bounds = query.index === undefined ? idBounds(definition, query) : { $gte: query.from, $lt: query.to };
  const context = { view: definition.name, fields, equals: query.equals };
  const behind = query.cursor === undefined ? undefined : keysBehind(query.cursor, context, order.length, bounds);
  return {
    filters: filtersOf(fixed, order, bounds, behind, query.descending ?? false),
    sort: new Map(order.map((field) => [pathOf(field), query.descending ? -1 : 1] as const)),
    cursorBehind: (document) => toCursor(order.map((field) => Reflect.get(document, field) as Key), context),
  };
}

function fieldsOf(definition: ViewDefinition, query: ViewQuery, index: string): readonly string[] {
  const fields = definition.indexes[index];
  if (!fields) throw new RangeError(`view ${definition.name} has no index ${index}`);
  const bounded = query.from !== undefined || query.to !== undefined;
  if (query.equals.length + (bounded ? 1 : 0) > fields.length) {
    throw new RangeError(`index ${index} of ${definition.name} has ${fields.length} fields; the query names more`);
  }
  return fields;
}

function idBounds(definition: ViewDefinition, { equals, from, to }: ViewQuery): Bounds {
  const [prefix = '', ...more] = equals.map(String);
  if (more.length > 0) throw new RangeError(`a query of ${definition.name} by id takes one prefix`);
  const end = behindPrefix(prefix);
  const lows = [prefix, ...(from === undefined ? [] : [String(from)])].sort(byCodePoint);
  const highs = [...(end === undefined ? [] : [end]), ...(to === undefined ? [] : [String(to)])].sort(byCodePoint);
  return { $gte: lows.at(-1), $lt: highs[0] };
}

/** The sort keys in a cursor, one for each field of the order. A key outside of the bounds comes from another query. */
function keysBehind(cursor: string, context: CursorContext, count: number, { $gte, $lt }: Bounds): readonly Key[] {
  const keys = fromCursor(cursor, context);
  const [first] = keys;
  const within =
    keys.length === count && first !== undefined && ($gte === undefined || inOrder(first, $gte) >= 0) && ($lt === undefined || inOrder(first, $lt) < 0);
  if (!within) throw new CursorInvalid('the cursor belongs to another query');
  return keys;
}

/**
 * Everything that sorts behind the keys (a, b, id): first what has the same a and b and a later id, then the same a and a
 * later b, then a later a. One condition for all of it would need `$or`, which no single stretch of an index answers.
 */
function filtersOf(
  fixed: Filter<StoredDocument>,
  order: readonly string[],
  bounds: Bounds,
  behind: readonly Key[] | undefined,
  descending: boolean,
): readonly Filter<StoredDocument>[] {
  const [first = 'id'] = order;
  const all: Filter<StoredDocument> = { ...fixed };
  for (const field of order) {
    const condition = field === first && isBounded(bounds) ? given(bounds) : isInAll(field) ? undefined : { $exists: true };
    if (condition) Object.assign(all, { [pathOf(field)]: condition });
  }
  if (!behind) return [all];
  const beyond = descending ? '$lt' : '$gt';
  const lastBound = given(descending ? { $gte: bounds.$gte } : { $lt: bounds.$lt });
  return order
    .map((field, at) => {
      const same = Object.fromEntries(order.slice(0, at).map((before, i) => [pathOf(before), behind[i]]));
      // The cursor's own key is within the bounds: of the first field only the bound ahead still says something.
      return { ...all, ...same, [pathOf(field)]: { ...(at === 0 ? lastBound : {}), [beyond]: behind[at] } };
    })
    .reverse();
}

/** A document that lacks one of the fields is not in the index; these no document lacks. */
function isInAll(field: string): boolean {
  return field === 'id' || field === 'version';
}

function isBounded({ $gte, $lt }: Bounds): boolean {
  return $gte !== undefined || $lt !== undefined;
}

function given({ $gte, $lt }: Bounds): Bounds {
  return { ...($gte === undefined ? {} : { $gte }), ...($lt === undefined ? {} : { $lt }) };
}

function byCodePoint(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8'));
}

/** As MongoDB sorts: numbers before texts, texts by code point. */
function inOrder(a: Key, b: Key): number {
  if (typeof a === 'string' && typeof b === 'string') return byCodePoint(a, b);
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return typeof a === 'number' ? -1 : 1;
}
