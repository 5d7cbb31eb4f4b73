import { Slots, type MongoConnection } from '@tollkeeper/mongo-connection';
import { StoreUnavailable } from '@tollkeeper/ports';
import type { Collection, OptionalId, OptionalUnlessRequiredId } from 'mongodb';
import { insertions, type Insertion } from './bulk-result.js';
import type { EntryInserter } from './chain-appender.js';
import type { EntryDocument } from './entry-document.js';

export interface GroupLimits {
  /** Entries of one bulk insert. */
  readonly maxEntries: number;
  /** Bytes of one bulk insert, unless a single entry has more. */
  readonly maxBytes: number;
  /** Bulk inserts under way at a time. */
  readonly maxBulks: number;
}

type NewEntry = OptionalId<EntryDocument>;

interface Waiting {
  readonly document: NewEntry;
  resolve(insertion: Insertion): void;
  reject(reason: unknown): void;
}

/**
 * Inserts documents of many calls together: an unordered bulk insert takes what waits whenever one more may be under way.
 * Documents that wait together stand in different chains, since nothing is promised about their order.
 */
export class GroupInserter implements EntryInserter {
  private waiting: Waiting[] = [];
  private underWay = 0;
  private scheduled = false;
  private readonly orderedBulks: Slots;

  constructor(
    private readonly connection: MongoConnection,
    private readonly collection: Collection<EntryDocument>,
    private readonly limits: GroupLimits,
  ) {
    this.orderedBulks = new Slots(limits.maxBulks);
  }

  /** Resolves when it is certain what became of the document. @throws StoreUnavailable when it is not */
  insert(document: NewEntry): Promise<Insertion> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ document, resolve, reject });
      if (this.scheduled) return;
      this.scheduled = true;
      // What else is appended in this turn of the event loop goes along.
      setImmediate(() => {
        this.scheduled = false;
        this.send();
      });
    });
  }

  /** Entries that follow each other in one chain, in one ordered bulk insert that ends at the first that is not inserted. */
  insertInOrder(documents: readonly NewEntry[]): Promise<readonly Insertion[]> {
    return this.orderedBulks.run(async () => {
      const sent = documents.slice(0, this.sizeOf(documents.length, (i) => documents[i]));
      const results = await this.bulk(sent, true);
      return documents.map((_, i) => results[i] ?? 'untried');
    });
  }

  private send(): void {
    while (this.underWay < this.limits.maxBulks && this.waiting.length > 0) {
      const group = this.waiting.splice(0, this.sizeOf(this.waiting.length, (i) => this.waiting[i]?.document));
      this.underWay++;
      void this.sendGroup(group).finally(() => {
        this.underWay--;
        this.send();
      });
    }
  }

  private async sendGroup(group: readonly Waiting[]): Promise<void> {
    const documents = group.map(({ document }) => document);
    try {
      const results = await this.bulk(documents, false);
      group.forEach(({ resolve }, i) => resolve(results[i] ?? 'untried'));
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  /** How many documents, from the first on, one command takes: at least one. */
  private sizeOf(count: number, documentAt: (index: number) => NewEntry | undefined): number {
    let bytes = 0;
    for (let i = 0; i < count && i < this.limits.maxEntries; i++) {
      bytes += documentAt(i)?.entry.length ?? 0;
      if (bytes > this.limits.maxBytes) return Math.max(1, i);
    }
    return Math.min(count, this.limits.maxEntries);
  }

  private async bulk(documents: readonly NewEntry[], ordered: boolean): Promise<readonly Insertion[]> {
    try {
      const { insertedCount } = await this.connection.inTime(this.collection.insertMany(documents as OptionalUnlessRequiredId<EntryDocument>[], { ordered }));
      if (insertedCount === documents.length) return documents.map(() => 'inserted');
    } catch (error) {
      const known = insertions(error, documents.length, ordered);
      if (!known) throw this.connection.unavailable('append entries', error);
      return known;
    }
    throw new StoreUnavailable(`MongoDB acknowledged another number of entries than the ${documents.length} that it was sent`);
  }
}
