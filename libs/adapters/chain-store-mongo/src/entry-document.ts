import { decodeEntry, encodeEntry, type Entry } from '@tollkeeper/kernel';
import { StoreUnavailable, type AppendRequest, type EntryRef } from '@tollkeeper/ports';
import { behindPrefix, requireWellFormed } from '@tollkeeper/mongo-connection';
import type { Filter, IndexDescription, OptionalId } from 'mongodb';

/**
 * An entry as it is stored. `first`, `cause` and `pending` exist only for an index of their own, so that each question
 * has exactly one index that can answer it, and no query planner can choose another.
 */
export interface EntryDocument {
  readonly chain: string;
  readonly n: number;
  /** The bytes that every chain store keeps: `encodeEntry` of the kernel. */
  readonly entry: Uint8Array;
  /** The chain's name, in its first entry: what chains there are. */
  readonly first?: string;
  /** Chain and cause, when the cause must find the entry. */
  readonly cause?: string;
  /** Chain and number, until the work that follows is done. */
  readonly pending?: string;
}

/** The unique one is the lock of the system, and serves heads and ranges. */
export const entryIndexes: readonly IndexDescription[] = [
  { name: 'entries', key: { chain: 1, n: -1 }, unique: true },
  { name: 'chains', key: { first: 1 }, sparse: true },
  { name: 'causes', key: { cause: 1 }, sparse: true },
  { name: 'pending', key: { pending: 1 }, sparse: true },
];

/** MongoDB takes documents of 16 MiB; this leaves room for the other fields. */
const maxEntryBytes = 15 << 20;
/** Between the parts of a key; in no chain's name. */
const separator = '\0';
const digits = String(Number.MAX_SAFE_INTEGER).length;

/** @throws RangeError for an entry that cannot be kept, which is a bug of its maker. */
export function toDocument({ entry, causeIndexed, pending }: AppendRequest): OptionalId<EntryDocument> {
  const { chain, n, cause } = entry;
  requireChain(chain);
  if (!Number.isSafeInteger(n) || n < 1) throw new RangeError(`entry ${n} of chain ${chain}: entries count from 1`);
  const bytes = encodeEntry(entry);
  if (bytes.length > maxEntryBytes) throw new RangeError(`entry ${n} of chain ${chain} has ${bytes.length} bytes; at most ${maxEntryBytes} can be stored`);
  return {
    chain,
    n,
    entry: bytes,
    first: n === 1 ? chain : undefined,
    cause: causeIndexed ? causeKey(chain, cause) : undefined,
    pending: pending ? pendingKey({ chain, n }) : undefined,
  };
}

/** @throws StoreUnavailable for bytes that are no entry. */
export function toEntry({ chain, n, entry }: Pick<EntryDocument, 'chain' | 'n' | 'entry'>): Entry {
  try {
    return decodeEntry(entry);
  } catch (error) {
    throw new StoreUnavailable(`entry ${n} of ${chain} cannot be decoded; restore the database from a backup`, { cause: error });
  }
}

export function causeKey(chain: string, cause: string): string {
  requireWellFormed(cause);
  return `${chain}${separator}${cause}`;
}

export function pendingKey({ chain, n }: EntryRef): string {
  return `${chain}${separator}${String(n).padStart(digits, '0')}`;
}

/** What is asked of a text field: that it begins with the prefix and sorts behind `after`. */
export function textRange(prefix: string, after: string): Filter<string> {
  const end = behindPrefix(prefix);
  const start = { $gte: prefix, $gt: after };
  return end === undefined ? start : { ...start, $lt: end };
}

function requireChain(chain: string): void {
  if (chain === '') throw new RangeError('a chain needs a name');
  if (chain.includes(separator)) throw new RangeError(`${JSON.stringify(chain)} holds a NUL character`);
  requireWellFormed(chain);
}
