import { Problem } from '@tollkeeper/kernel';
import { CursorInvalid, type View, type ViewDocument, type ViewPage, type ViewQuery } from '@tollkeeper/ports';

const defaultLimit = 25;
const maxLimit = 100;

/** A page of a list request: its limit within bounds, its cursor as given out before. @throws Problem invalid_request */
export async function readPage<D extends ViewDocument>(
  view: View<D>,
  query: Omit<ViewQuery, 'limit' | 'cursor'>,
  limit: number,
  cursor: string,
): Promise<ViewPage<D>> {
  try {
    return await view.list({ ...query, limit: pageLimit(limit), ...(cursor === '' ? {} : { cursor }) });
  } catch (error) {
    if (error instanceof CursorInvalid) throw cursorProblem();
    throw error;
  }
}

export function pageLimit(limit: number): number {
  return limit === 0 ? defaultLimit : Math.min(limit, maxLimit);
}

export function cursorProblem(): Problem {
  return new Problem('invalid_request', 'The cursor was not given out by this list; begin without one.', { param: 'cursor' });
}
