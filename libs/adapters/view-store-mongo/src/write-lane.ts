import type { MongoConnection } from '@tollkeeper/mongo-connection';
import { MongoBulkWriteError, type Collection } from 'mongodb';
import type { StoredDocument } from './stored-document.js';

/** One change of a document; without a put it is removed. */
export interface Change {
  readonly id: string;
  readonly put: StoredDocument | undefined;
}

/** What a group does with one document. */
interface Effect extends Change {
  /** A removal of the same group came before: what is stored does not matter. */
  readonly anew: boolean;
}

interface WaitingChanges {
  readonly changes: readonly Change[];
  resolve(): void;
  reject(reason: unknown): void;
}

const maxGroupChanges = 1000;
/** Length of their JSON, in UTF-16 units. */
const maxGroupLength = 8 << 20;
const duplicateKey = 11_000;

/**
 * Writes the changes of one view in groups, one after the other: changes that come while a group is written make up the
 * next. So in this process a document has one writer at a time; between processes its version decides.
 */
export class WriteLane {
  private waiting: WaitingChanges[] = [];
  private running: Promise<void> | undefined;

  constructor(
    private readonly connection: MongoConnection,
    private readonly collection: Collection<StoredDocument>,
  ) {}

  write(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.waiting.push({ changes, resolve, reject });
      this.running ??= Promise.resolve().then(() => this.run());
    });
  }

  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      try {
        await this.connection.run(`write ${this.collection.collectionName}`, () => this.writeGroup(effectsOf(group.flatMap(({ changes }) => changes))));
        for (const { resolve } of group) resolve();
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.running = undefined;
  }

  private takeGroup(): WaitingChanges[] {
    let changes = 0;
    let length = 0;
    let calls = 0;
    for (const one of this.waiting) {
      changes += one.changes.length;
      for (const { put } of one.changes) length += put?.json.length ?? 0;
      if (calls > 0 && (changes > maxGroupChanges || length > maxGroupLength)) break;
      calls++;
    }
    return this.waiting.splice(0, calls);
  }

  private async writeGroup(effects: readonly Effect[]): Promise<void> {
    const removals = effects.filter(({ put }) => !put);
    if (removals.length > 0) {
      const operations = removals.map(({ id }) => ({ deleteOne: { filter: { _id: id } } }));
      await this.collection.bulkWrite(operations, { ordered: false });
    }
    const puts = effects.filter(({ put }) => put);
    const refused = await this.put(puts, true);
    // Another version stands: a newer one, or one that another process put there at this very moment. Where it is
    // not newer it is replaced now; where it is newer, or was removed meanwhile, there is nothing to do.
    await this.put(refused, false);
  }

  /** Answers those whose id is taken by a document that the condition does not allow to be replaced. */
  private async put(effects: readonly Effect[], upsert: boolean): Promise<readonly Effect[]> {
    const operations = effects.flatMap(({ id, put, anew }) =>
      put ? [{ replaceOne: { filter: anew ? { _id: id } : { _id: id, version: { $lte: put.version } }, replacement: replacementOf(put), upsert } }] : [],
    );
    if (operations.length === 0) return [];
    try {
      await this.collection.bulkWrite(operations, { ordered: false });
      return [];
    } catch (error) {
      const taken = duplicatesOf(error, operations.length);
      if (!taken) throw error;
      return effects.filter((_, i) => taken.has(i));
    }
  }
}

function replacementOf({ version, fields, json }: StoredDocument): Omit<StoredDocument, '_id'> {
  return { version, fields, json };
}

/** Of several changes of one document the last one that counts, by version, as if they came one by one. */
function effectsOf(changes: readonly Change[]): readonly Effect[] {
  const effects = new Map<string, Effect>();
  for (const change of changes) {
    const before = effects.get(change.id);
    if (change.put && before?.put && change.put.version < before.put.version) continue;
    effects.set(change.id, { ...change, anew: before !== undefined && (before.anew || !before.put) });
  }
  return [...effects.values()];
}

/** Which upserts met a duplicate key; undefined when anything else went wrong, or not everything is accounted for. */
function duplicatesOf(error: unknown, count: number): ReadonlySet<number> | undefined {
  if (!(error instanceof MongoBulkWriteError) || error.result.getWriteConcernError()) return undefined;
  const errors = error.result.getWriteErrors();
  const taken = new Set(errors.map(({ index }) => index));
  const { matchedCount, upsertedCount } = error.result;
  const accounted = matchedCount + upsertedCount + taken.size === count;
  return accounted && errors.every(({ code }) => code === duplicateKey) ? taken : undefined;
}
