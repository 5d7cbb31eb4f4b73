import { decodeEntry, encodeEntry, type Entry, sameBytes } from '@tollkeeper/kernel';
import type { AppendOutcome, AppendRequest, EntryRef } from '@tollkeeper/ports';
import type { Chance } from '../world/chance.js';

export interface StoredChain {
  readonly entries: Entry[];
  readonly causes: Map<string, Entry>;
}

const unsyncedSettles = 50;

/** The chains of a world, as they lie on its disk; all processes share it. */
export class ChainDisk {
  readonly chains = new Map<string, StoredChain>();
  private readonly open = new Map<string, Entry>();
  /** What was settled lately and may be forgotten when the power goes. */
  private settled: Entry[] = [];
  private names: string[] | undefined = [];

  insert({ entry, causeIndexed, pending }: AppendRequest): AppendOutcome {
    const chain = this.chains.get(entry.chain) ?? { entries: [], causes: new Map<string, Entry>() };
    const there = chain.entries[entry.n - 1];
    if (there) return sameBytes(there.hash, entry.hash) ? { status: 'appended' } : { status: 'taken', by: there };
    if (entry.n !== chain.entries.length + 1) throw new Error(`entry ${entry.n} of chain ${entry.chain} would leave a gap behind entry ${chain.entries.length}`);
    if (entry.n === 1) {
      this.chains.set(entry.chain, chain);
      this.names = undefined;
    }
    // A copy of its own: what the writer does to its buffers afterwards cannot reach the disk.
    const stored = decodeEntry(encodeEntry(entry));
    chain.entries.push(stored);
    if (causeIndexed && !chain.causes.has(entry.cause)) chain.causes.set(entry.cause, stored);
    if (pending) this.open.set(keyOf(stored), stored);
    return { status: 'appended' };
  }

  /** Entries before the first that is refused stay, as in one call of a store. */
  insertAll(requests: readonly AppendRequest[]): readonly AppendOutcome[] {
    return requests.map((request) => this.insert(request));
  }

  head(chain: string): Entry | undefined {
    return this.chains.get(chain)?.entries.at(-1);
  }

  read(chain: string, from: number, to: number, limit: number): readonly Entry[] {
    return (this.chains.get(chain)?.entries ?? []).slice(Math.max(from, 1) - 1, Math.min(to, Math.max(from, 1) - 1 + limit));
  }

  findCause(chain: string, cause: string): Entry | undefined {
    return this.chains.get(chain)?.causes.get(cause);
  }

  list(prefix: string, after: string, limit: number): readonly string[] {
    this.names ??= [...this.chains.keys()].sort();
    const found: string[] = [];
    for (const name of this.names) {
      if (name > after && name.startsWith(prefix)) found.push(name);
      if (found.length === limit) break;
    }
    return found;
  }

  pending(prefix: string, after: EntryRef | undefined, limit: number): readonly Entry[] {
    const isBehind = (entry: Entry): boolean => !after || entry.chain > after.chain || (entry.chain === after.chain && entry.n > after.n);
    const found = [...this.open.values()].filter((entry) => entry.chain.startsWith(prefix) && isBehind(entry));
    return found.sort((a, b) => (a.chain === b.chain ? a.n - b.n : a.chain < b.chain ? -1 : 1)).slice(0, limit);
  }

  settle(refs: readonly EntryRef[]): void {
    for (const ref of refs) {
      const entry = this.open.get(keyOf(ref));
      if (!entry) continue;
      this.open.delete(keyOf(ref));
      this.settled.push(entry);
    }
    this.settled = this.settled.slice(-unsyncedSettles);
  }

  /** Entries are synced when they are inserted; of the settled marks the last ones may be gone. */
  losePower(chance: Chance): void {
    for (let lost = chance.below(this.settled.length + 1); lost > 0; lost--) {
      const entry = this.settled.pop();
      if (entry) this.open.set(keyOf(entry), entry);
    }
    this.settled = [];
  }
}

function keyOf({ chain, n }: EntryRef): string {
  return `${chain}#${n}`;
}
