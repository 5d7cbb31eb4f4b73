import { LevelFolder } from '@tollkeeper/data-folder';
import { decodeEntry, encodedEntry, sameBytes, type Entry } from '@tollkeeper/kernel';
import { StoreUnavailable, type AppendOutcome, type AppendRequest, type ChainStore, type EntryRef } from '@tollkeeper/ports';
import { GroupWriter, type EntryGroup } from './group-writer.js';
import { HeadCache } from './head-cache.js';
import { causeKey, chainOfHead, ChainKeys, entryKeyOfPending, headKey, numberedKey, numberValue, prefixRange, tags, toNumber } from './keys.js';

export interface LevelChainStoreOptions {
  /** Belongs to this store alone; made when it is missing. */
  readonly folder: string;
  /** Entries written by one sync at most; bounds the pause that a group makes for those behind it. Default 4096. */
  readonly maxGroupEntries?: number;
  /** Bytes written by one sync, about. Default 8 MiB. */
  readonly maxGroupBytes?: number;
  /** Chains whose last number is kept in memory, at most twice as many, about 100 bytes each. Default 50,000. */
  readonly headCacheChains?: number;
  /** Default 16 MiB; up to two of them stand in memory. */
  readonly writeBufferBytes?: number;
  /** Default 16 MiB. */
  readonly cacheBytes?: number;
}

const format = { content: 'chain-store', version: 1 } as const;
const appended: AppendOutcome = { status: 'appended' };
const nothing = new Uint8Array(0);
/** Chains looked up at once; fewer than the head cache holds, so that what was learned is still there afterwards. */
const maxLookup = 8192;

/** Chains in LevelDB, one process per folder. Appends that run at the same time share one synced write. */
export class LevelChainStore implements ChainStore {
  private readonly keys = new ChainKeys();
  private readonly writer: GroupWriter;

  private constructor(
    private readonly folder: LevelFolder,
    private readonly tails: HeadCache,
    options: LevelChainStoreOptions,
  ) {
    this.writer = new GroupWriter(
      folder.level,
      { maxEntries: options.maxGroupEntries ?? 4096, maxBytes: options.maxGroupBytes ?? 8 << 20 },
      () => tails.shrink(this.writer.durable, this.writer.newest),
      (error) => {
        tails.clear();
        return folder.failed(error);
      },
    );
  }

  /** @throws DataFolderTooNew, DataFolderInUse, DataFolderUnusable */
  static async open(options: LevelChainStoreOptions): Promise<LevelChainStore> {
    const tails = new HeadCache(Math.max(2 * maxLookup, options.headCacheChains ?? 50_000));
    const level = { writeBufferBytes: options.writeBufferBytes ?? 16 << 20, cacheBytes: options.cacheBytes ?? 16 << 20, compression: true };
    // What a failed write left in the log stands after all once the database is opened again.
    const folder = await LevelFolder.open(options.folder, format, level, () => tails.clear());
    return new LevelChainStore(folder, tails, options);
  }

  async append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    if (requests.length > maxLookup) {
      const outcomes: AppendOutcome[] = [];
      for (let at = 0; at < requests.length; at += maxLookup) outcomes.push(...(await this.append(requests.slice(at, at + maxLookup))));
      return outcomes;
    }
    await this.folder.writable();
    for (let unknown = this.unknownChains(requests); unknown.length > 0; unknown = this.unknownChains(requests)) {
      await this.learnHeads(unknown);
      await this.folder.writable();
    }
    const outcomes = new Array<AppendOutcome>(requests.length).fill(appended);
    const older: number[] = [];
    const last = this.place(requests, older);
    if (last) await last.done;
    if (older.length > 0) await this.compareOlder(requests, older, outcomes);
    return outcomes;
  }

  async heads(chains: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    const epoch = this.tails.epoch;
    const numbers = await this.folder.read((level) => level.getMany(chains.map(headKey)));
    const keys: Uint8Array[] = [];
    chains.forEach((chain, i) => {
      const value = numbers[i];
      const n = value ? toNumber(value) : 0;
      if (epoch === this.tails.epoch) this.tails.learn(chain, n);
      if (n > 0) keys.push(numberedKey(tags.entry, chain, n));
    });
    const entries = await this.folder.read((level) => level.getMany(keys));
    let at = 0;
    return chains.map((chain, i) => (numbers[i] ? decoded(entries[at++], chain) : undefined));
  }

  async read(chain: string, from: number, to: number, limit: number): Promise<readonly Entry[]> {
    if (limit <= 0 || to < from) return [];
    if (from === to && from >= 1) {
      // A single entry needs no iterator, which costs several times a look-up.
      const value = await this.folder.read((level) => level.get(numberedKey(tags.entry, chain, from)));
      return value ? [decoded(value, chain)] : [];
    }
    const range = {
      gte: numberedKey(tags.entry, chain, Math.max(1, from)),
      lte: numberedKey(tags.entry, chain, Math.min(to, Number.MAX_SAFE_INTEGER)),
    };
    const values = await this.folder.read((level) => level.values({ ...range, limit, highWaterMarkBytes: 1 << 20 }).all());
    return values.map((value) => decoded(value, chain));
  }

  async findCause(chain: string, cause: string): Promise<Entry | undefined> {
    const n = await this.folder.read((level) => level.get(causeKey(chain, cause)));
    if (!n) return undefined;
    return decoded(await this.folder.read((level) => level.get(numberedKey(tags.entry, chain, toNumber(n)))), chain);
  }

  async chains(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    if (limit <= 0) return [];
    const { gte, lt } = prefixRange(tags.head, prefix);
    const behind = after === '' ? undefined : headKey(after);
    const range = behind && Buffer.compare(behind, gte) >= 0 ? { gt: behind, lt } : { gte, lt };
    const keys = await this.folder.read((level) => level.keys({ ...range, limit }).all());
    return keys.map(chainOfHead);
  }

  async pending(prefix: string, after: EntryRef | undefined, limit: number): Promise<readonly Entry[]> {
    if (limit <= 0) return [];
    const { gte, lt } = prefixRange(tags.pending, prefix);
    const behind = after ? numberedKey(tags.pending, after.chain, after.n) : undefined;
    const range = behind && Buffer.compare(behind, gte) >= 0 ? { gt: behind, lt } : { gte, lt };
    const keys = await this.folder.read((level) => level.keys({ ...range, limit }).all());
    const values = await this.folder.read((level) => level.getMany(keys.map(entryKeyOfPending)));
    return values.map((value) => decoded(value, prefix));
  }

  async settle(refs: readonly EntryRef[]): Promise<void> {
    await this.folder.writable();
    const marks = refs.map(({ chain, n }) => ({ type: 'del' as const, key: numberedKey(tags.pending, chain, n) }));
    try {
      await this.folder.level.batch(marks);
    } catch (error) {
      throw this.folder.failed(error);
    }
  }

  async close(): Promise<void> {
    await this.writer.idle();
    await this.folder.close();
  }

  private unknownChains(requests: readonly AppendRequest[]): string[] {
    const unknown: string[] = [];
    for (const { entry } of requests) if (this.tails.get(entry.chain) === undefined) unknown.push(entry.chain);
    return unknown;
  }

  /** After this the chains are in the cache, unless it forgot something meanwhile; then the caller asks again. */
  private async learnHeads(chains: readonly string[]): Promise<void> {
    const epoch = this.tails.epoch;
    const values = await this.folder.read((level) => level.getMany(chains.map(headKey)));
    if (epoch !== this.tails.epoch) return;
    chains.forEach((chain, i) => {
      const value = values[i];
      this.tails.learn(chain, value ? toNumber(value) : 0);
    });
  }

  /** Puts each entry that is the next of its chain into a group; `older` collects those whose place is taken. */
  private place(requests: readonly AppendRequest[], older: number[]): EntryGroup | undefined {
    let last: EntryGroup | undefined;
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i];
      if (!request) continue;
      const { chain, n, cause } = request.entry;
      const tail = this.tails.get(chain) ?? 0;
      if (n <= tail && n >= 1) {
        older.push(i);
        continue;
      }
      if (n !== tail + 1) throw new RangeError(`entry ${n} of chain ${chain} would leave a gap: the last one is ${tail}`);
      last = this.writer.open();
      // The batch copies what it is given.
      const value = encodedEntry(request.entry);
      const keys = this.keys.of(chain);
      last.put(keys.numbered(tags.entry, n), value);
      if (request.pending) last.put(keys.numbered(tags.pending, n), nothing);
      if (request.causeIndexed) last.put(keys.cause(cause), numberValue(n));
      last.put(keys.head(), numberValue(n));
      last.entries++;
      this.tails.set(chain, n);
    }
    return last;
  }

  /** Whose entry stands there: ours, from an earlier try, or another's. Entries still on their way are waited for. */
  private async compareOlder(requests: readonly AppendRequest[], older: readonly number[], outcomes: AppendOutcome[]): Promise<void> {
    await this.writer.allWritten();
    const entries = older.map((i) => requests[i]?.entry).filter((entry) => entry !== undefined);
    const values = await this.folder.read((level) => level.getMany(entries.map(({ chain, n }) => numberedKey(tags.entry, chain, n))));
    entries.forEach((entry, at) => {
      const by = decoded(values[at], entry.chain);
      const i = older[at];
      if (i !== undefined && !sameBytes(by.hash, entry.hash)) outcomes[i] = { status: 'taken', by };
    });
  }
}

function decoded(value: Uint8Array | undefined, chain: string): Entry {
  if (!value) throw new StoreUnavailable(`an entry of ${chain} is missing although its index names it; restore the folder from a backup`);
  try {
    return decodeEntry(value);
  } catch (error) {
    throw new StoreUnavailable(`an entry of ${chain} cannot be decoded; restore the folder from a backup`, { cause: error });
  }
}
