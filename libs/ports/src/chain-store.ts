import type { Entry } from '@tollkeeper/kernel';

/** Thrown when the engine below cannot be reached or written; nothing is known about the entries of the call. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}

export interface AppendRequest {
  readonly entry: Entry;
  /** True when `findCause` must find the entry; bulk entries whose account remembers their events itself say false. */
  readonly causeIndexed: boolean;
  /** True when work must follow the entry (views, facts): `pending` lists it until `settle` is told that the work is done. */
  readonly pending: boolean;
}

/** `appended` also when the very same entry stood there already: a retry after a lost reply is not a conflict. */
export type AppendOutcome = { readonly status: 'appended' } | { readonly status: 'taken'; readonly by: Entry };

export interface EntryRef {
  readonly chain: string;
  readonly n: number;
}

/**
 * Chains of entries. Insert-if-absent on (chain, n) is the only lock of the system: no update, no delete, no transaction.
 * Conformance suite: `chainStoreSuite` in @tollkeeper/testing.
 */
export interface ChainStore {
  /**
   * Inserts each entry where (chain, n) is free; the entries of a call do not depend on each other, except that those of
   * one chain are tried in the given order. Resolves when every appended entry is durable (fsynced, or acknowledged by a
   * majority's journal); calls that run at the same time share one sync. When it rejects, any of the entries may stand:
   * the caller reads the head and tries again.
   * @throws StoreUnavailable
   */
  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]>;
  /** The last entry of each chain, in the order asked for; undefined for a chain without entries. */
  heads(chains: readonly string[]): Promise<readonly (Entry | undefined)[]>;
  /** Entries `from`..`to` (both included, counted from 1), ascending, at most `limit`. */
  read(chain: string, from: number, to: number, limit: number): Promise<readonly Entry[]>;
  /** The cause-indexed entry that this cause made. */
  findCause(chain: string, cause: string): Promise<Entry | undefined>;
  /** Names of chains that start with `prefix` and sort after `after`, ascending, at most `limit`. */
  chains(prefix: string, after: string, limit: number): Promise<readonly string[]>;
  /** Pending entries of chains that start with `prefix`, in any fair order, at most `limit`; `after` goes on behind a result. */
  pending(prefix: string, after: EntryRef | undefined, limit: number): Promise<readonly Entry[]>;
  /** The work that follows these entries is done. May be lost in a crash: then the work is done once more. */
  settle(refs: readonly EntryRef[]): Promise<void>;
  close(): Promise<void>;
}
