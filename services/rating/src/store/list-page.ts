import { Problem } from '@tollkeeper/kernel';
import { CursorInvalid, type View, type ViewDocument, type ViewPage, type ViewQuery } from '@tollkeeper/ports';

const defaultLimit = 25;

/** One page of a list as a request asks for it. @throws Problem `invalid_request` for a cursor that this list did not give out */
export async function listPage<D extends ViewDocument>(
  view: View<D>,
  query: Omit<ViewQuery, 'limit' | 'cursor'>,
  request: { readonly limit: number; readonly cursor: string },
): Promise<ViewPage<D>> {
  try {
    return await view.list({ ...query, limit: request.limit || defaultLimit, ...(request.cursor === '' ? {} : { cursor: request.cursor }) });
  } catch (error) {
    if (!(error instanceof CursorInvalid)) throw error;
    throw new Problem('invalid_request', 'The cursor is not one that this list gave out; begin again without one.', { param: 'cursor' });
  }
}
