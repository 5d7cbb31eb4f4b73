import { Problem } from '@tollkeeper/kernel';

/**
 * Reads what a command has just written from a view. The view may not have been reached although the entry is durable: that is
 * no `not_found`, and a caller who asks again with the same cause is answered once the sweeper has shown it.
 * @throws Problem `unavailable`
 */
export async function shownSoon<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof Problem) || error.code !== 'not_found') throw error;
    throw new Problem('unavailable', 'It is done, and is shown within half a minute; ask again in the same way.', { retryAfterS: 2 });
  }
}
