import { nextEntry, type Entry } from '@tollkeeper/kernel';
import type { AppendRequest } from '@tollkeeper/ports';

const utf8 = new TextEncoder();

/** The next entry of a chain, told apart by its cause. */
export function entryAfter(chain: string, head: Entry | undefined, cause: string, body = `body of ${cause}`): Entry {
  return nextEntry(chain, head, { bookedAt: 1_700_000_000_000, cause, kind: 'tested', body: utf8.encode(body), state: utf8.encode('{}') });
}

/** A chain of `count` entries that follow each other, its causes c1, c2, … */
export function chainOf(chain: string, count: number): Entry[] {
  const entries: Entry[] = [];
  for (let n = 1; n <= count; n++) entries.push(entryAfter(chain, entries.at(-1), `c${n}`));
  return entries;
}

export function request(entry: Entry, options: { readonly causeIndexed?: boolean; readonly pending?: boolean } = {}): AppendRequest {
  return { entry, causeIndexed: options.causeIndexed ?? false, pending: options.pending ?? false };
}

/** Entries compared by what they are, whatever class their bytes have. */
export function plain(entry: Entry | undefined): unknown {
  if (!entry) return undefined;
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
  return { ...entry, prev: hex(entry.prev), hash: hex(entry.hash), body: hex(entry.body), state: hex(entry.state) };
}
