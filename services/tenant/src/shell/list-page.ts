import { Problem } from '@tollkeeper/kernel';
import { CursorInvalid, type View, type ViewDocument } from '@tollkeeper/ports';

/** The part of a list request that says which page. */
export interface PageRequest {
  readonly limit: number;
  readonly cursor: string;
}

/** What to read: an index with its first values, and a filter for what no index holds. */
export interface Selection<D> {
  readonly index: string;
  readonly equals: readonly (string | number)[];
  readonly keep?: (document: D) => boolean;
}

const defaultLimit = 25;
/** Above what the public API allows, for the other services. */
const largestLimit = 1_000;
/** A filter that keeps almost nothing gives a short page with a cursor rather than a read without end. */
const readsPerPage = 20;

/** A page, newest first. @throws Problem `invalid_request` for a cursor of another list. */
export async function listPage<D extends ViewDocument, T>(
  view: View<D>,
  selection: Selection<D>,
  page: PageRequest,
  show: (documents: readonly D[]) => T[] | Promise<T[]>,
) {
  const limit = page.limit === 0 ? defaultLimit : Math.min(page.limit, largestLimit);
  const found: D[] = [];
  let cursor = page.cursor === '' ? undefined : page.cursor;
  try {
    for (let reads = 0; reads < readsPerPage; reads++) {
      const part = await view.list({
        index: selection.index,
        equals: selection.equals,
        descending: true,
        limit: limit - found.length,
        ...(cursor === undefined ? {} : { cursor }),
      });
      found.push(...(selection.keep ? part.items.filter(selection.keep) : part.items));
      cursor = part.next;
      if (cursor === undefined || found.length === limit) break;
    }
  } catch (error) {
    if (error instanceof CursorInvalid)
      throw new Problem('invalid_request', 'The cursor is not one of this list; begin without a cursor.', { param: 'cursor' });
    throw error;
  }
  return { items: await show(found), nextCursor: cursor ?? '' };
}

/** Everything that the selection finds, page by page. */
export async function* everyPage<D extends ViewDocument>(
  view: View<D>,
  selection: Selection<D>,
  limit: number,
): AsyncGenerator<readonly D[]> {
  let cursor: string | undefined;
  do {
    const page = await view.list({
      index: selection.index,
      equals: selection.equals,
      limit,
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield selection.keep ? page.items.filter(selection.keep) : page.items;
    cursor = page.next;
  } while (cursor !== undefined);
}
