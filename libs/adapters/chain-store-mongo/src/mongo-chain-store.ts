import type { Entry } from '@tollkeeper/kernel';
import { defaultConnections, MongoConnection, Slots, type MongoConnectionOptions } from '@tollkeeper/mongo-connection';
import type { AppendOutcome, AppendRequest, ChainStore, EntryRef } from '@tollkeeper/ports';
import type { Collection } from 'mongodb';
import { setTimeout as pause } from 'node:timers/promises';
import { ChainAppender, type ChainReads, type Witness } from './chain-appender.js';
import { ChainTurns } from './chain-turns.js';
import { causeKey, entryIndexes, pendingKey, textRange, toEntry, type EntryDocument } from './entry-document.js';
import { GroupInserter } from './group-inserter.js';
import { KnownTails } from './known-tails.js';
import { SettleGroup } from './settle-group.js';

export interface MongoChainStoreOptions extends MongoConnectionOptions {
  /** Entries of one bulk insert at most. Default 1,000. */
  readonly maxGroupEntries?: number;
  /** Bytes of one bulk insert, about. Default 8 MiB. */
  readonly maxGroupBytes?: number;
  /** Bulk inserts under way at a time. Default 4. */
  readonly maxBulks?: number;
  /** Chains whose last number is kept in memory, at most twice as many, about 100 bytes each. Default 100,000. */
  readonly knownTails?: number;
}

const collectionName = 'entries';
/** What the driver can take as a limit. */
const mostDocuments = 2 ** 31 - 1;
const mostPerReply = 1000;
const entryFields = { _id: 0, chain: 1, n: 1, entry: 1 } as const;

type Stored = Pick<EntryDocument, 'chain' | 'n' | 'entry'>;

/** Chains in MongoDB, shared by any number of processes. Appends that run at the same time share bulk inserts. */
export class MongoChainStore implements ChainStore {
  private readonly turns = new ChainTurns();
  private readonly appender: ChainAppender;
  private readonly settling: SettleGroup;
  private readonly reading: Slots;

  private constructor(
    private readonly connection: MongoConnection,
    private readonly entries: Collection<EntryDocument>,
    private readonly tails: KnownTails,
    options: MongoChainStoreOptions,
  ) {
    const { maxGroupEntries: maxEntries = 1000, maxGroupBytes: maxBytes = 8 << 20, maxBulks = 4, maxConnections = defaultConnections } = options;
    // Ordered, unordered and settling bulks have their connections; what is left is for reads.
    this.reading = new Slots(Math.max(1, maxConnections - 2 * maxBulks - 1));
    const reads: ChainReads = { tail: (chain, witness) => this.tail(chain, witness), at: (chain, n, witness) => this.at(chain, n, witness) };
    const inserter = new GroupInserter(connection, entries, { maxEntries, maxBytes, maxBulks });
    this.appender = new ChainAppender(inserter, reads, tails, { timeoutMs: connection.timeoutMs, pause });
    this.settling = new SettleGroup(connection, entries, maxEntries);
  }

  /**
   * Opens the store and makes the indexes that it needs: without the unique one there would be no lock.
   * @throws StoreUnavailable, MongoUnsuitable
   */
  static async open(options: MongoChainStoreOptions): Promise<MongoChainStore> {
    const connection = await MongoConnection.open(options);
    const entries = connection.db.collection<EntryDocument>(collectionName);
    const store = new MongoChainStore(connection, entries, new KnownTails(options.knownTails ?? 100_000), options);
    try {
      await store.prepare();
      return store;
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** Makes the indexes that are missing. `open` does so too; before an upgrade a job does it with a long `answerTimeoutMs`. */
  async prepare(): Promise<void> {
    await this.connection.makeIndexes(collectionName, entryIndexes);
  }

  async append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    const places = new Map<string, number[]>();
    for (const [i, { entry }] of requests.entries()) {
      const known = places.get(entry.chain);
      if (known) known.push(i);
      else places.set(entry.chain, [i]);
    }
    const outcomes: AppendOutcome[] = [];
    const chains = Array.from(places, async ([chain, indexes]) => {
      const ofChain = indexes.flatMap((i) => requests[i] ?? []);
      const results = await this.turns.take(chain, () => this.appender.append(ofChain));
      indexes.forEach((i, at) => {
        const result = results[at];
        if (result) outcomes[i] = result;
      });
    });
    // Nothing of the call is under way any more when it rejects.
    for (const ended of await Promise.allSettled(chains)) if (ended.status === 'rejected') throw ended.reason;
    return outcomes;
  }

  /** One look into the index for each chain, many at a time: no query for several chains reads only the heads of long ones. */
  async heads(chains: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    const distinct = [...new Set(chains)];
    const heads = await Promise.all(distinct.map((chain) => this.head(chain)));
    const byChain = new Map(distinct.map((chain, i) => [chain, heads[i]]));
    return chains.map((chain) => byChain.get(chain));
  }

  async read(chain: string, from: number, to: number, limit: number): Promise<readonly Entry[]> {
    if (limit <= 0 || to < from) return [];
    const most = Math.min(limit, to - from + 1, mostDocuments);
    const found = await this.reads('read entries', () =>
      this.entries
        .find<Stored>({ chain, n: { $gte: from, $lte: to } }, { projection: entryFields })
        .sort({ n: 1 })
        .limit(most)
        .batchSize(Math.min(most, mostPerReply))
        .toArray(),
    );
    return found.map(toEntry);
  }

  async findCause(chain: string, cause: string): Promise<Entry | undefined> {
    const found = await this.reads('look up a cause', () =>
      this.entries.find<Stored>({ cause: causeKey(chain, cause) }, { projection: entryFields }).toArray(),
    );
    // One cause makes one entry of a chain; whoever broke that rule gets the newest, as from every chain store.
    const newest = found.reduce<Stored | undefined>((last, one) => (last && last.n > one.n ? last : one), undefined);
    return newest && toEntry(newest);
  }

  async chains(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    if (limit <= 0) return [];
    const most = Math.min(limit, mostDocuments);
    const found = await this.reads('list chains', () =>
      this.entries
        .find<{ first: string }>({ first: textRange(prefix, after) }, { projection: { _id: 0, first: 1 } })
        .sort({ first: 1 })
        .limit(most)
        .batchSize(Math.min(most, mostPerReply))
        .toArray(),
    );
    return found.map(({ first }) => first);
  }

  async pending(prefix: string, after: EntryRef | undefined, limit: number): Promise<readonly Entry[]> {
    if (limit <= 0) return [];
    const most = Math.min(limit, mostDocuments);
    const found = await this.reads('list pending entries', () =>
      this.entries
        .find<Stored>({ pending: textRange(prefix, after ? pendingKey(after) : '') }, { projection: entryFields })
        .sort({ pending: 1 })
        .limit(most)
        .batchSize(Math.min(most, mostPerReply))
        .toArray(),
    );
    return found.map(toEntry);
  }

  async settle(refs: readonly EntryRef[]): Promise<void> {
    if (refs.length > 0) await this.settling.settle(refs);
  }

  async close(): Promise<void> {
    await this.turns.idle();
    await this.connection.close();
  }

  private async head(chain: string): Promise<Entry | undefined> {
    const [found] = await this.reads('read heads', () =>
      this.entries.find<Stored>({ chain }, { projection: entryFields }).sort({ n: -1 }).limit(1).toArray(),
    );
    if (found) this.tails.learn(chain, found.n);
    return found && toEntry(found);
  }

  private async tail(chain: string, readConcern: Witness): Promise<number> {
    const [found] = await this.reads('read heads', () =>
      this.entries.find<Pick<EntryDocument, 'n'>>({ chain }, { projection: { _id: 0, n: 1 }, readConcern }).sort({ n: -1 }).limit(1).toArray(),
    );
    return found?.n ?? 0;
  }

  private async at(chain: string, n: number, readConcern: Witness): Promise<Entry | undefined> {
    const found = await this.reads('compare entries', () => this.entries.findOne<Stored>({ chain, n }, { projection: entryFields, readConcern }));
    return found ? toEntry(found) : undefined;
  }

  private reads<T>(what: string, read: () => Promise<T>): Promise<T> {
    return this.connection.run(what, () => this.reading.run(read));
  }
}
