import { MongoConnection, type MongoConnectionOptions } from '@tollkeeper/mongo-connection';
import type { View, ViewDefinition, ViewDocument, ViewStore } from '@tollkeeper/ports';
import { MongoServerError } from 'mongodb';
import { MongoView } from './mongo-view.js';
import { indexPrefix, toIndexes, type StoredDocument } from './stored-document.js';
import { WriteLane } from './write-lane.js';

export type MongoViewStoreOptions = MongoConnectionOptions;

/** A view that was declared: all of it that its handles share. */
interface DeclaredView {
  readonly definition: ViewDefinition;
  readonly lane: WriteLane;
  readiness: Promise<void> | undefined;
}

const namespaceNotFound = 26;

/** Views in MongoDB, a collection each, shared by any number of processes. */
export class MongoViewStore implements ViewStore {
  private readonly declared = new Map<string, DeclaredView>();

  private constructor(private readonly connection: MongoConnection) {}

  /** @throws StoreUnavailable, MongoUnsuitable */
  static async open(options: MongoViewStoreOptions): Promise<MongoViewStore> {
    return new MongoViewStore(await MongoConnection.open(options));
  }

  view<D extends ViewDocument>(definition: ViewDefinition): View<D> {
    const collection = this.connection.db.collection<StoredDocument>(collectionOf(definition));
    const known = this.declared.get(definition.name);
    if (known && JSON.stringify(known.definition.indexes) !== JSON.stringify(definition.indexes)) {
      throw new RangeError(`view ${definition.name} is defined twice, with different indexes`);
    }
    const view = known ?? { definition, lane: new WriteLane(this.connection, collection), readiness: undefined };
    this.declared.set(definition.name, view);
    return new MongoView<D>(this.connection, definition, collection, view.lane, () => this.ready(view));
  }

  /**
   * Makes the indexes of all views declared so far, where they are missing. First use of a view does so too; before an
   * upgrade a job does it for all of them, with a long `answerTimeoutMs`.
   */
  async prepare(): Promise<void> {
    for (const view of this.declared.values()) await this.ready(view);
  }

  /**
   * Drops indexes that none of the views declared so far names any more; answers which. For after an upgrade, when no
   * process of the release before is left: its lists would still be right without, but slow.
   */
  async dropUnusedIndexes(): Promise<readonly string[]> {
    const dropped: string[] = [];
    for (const { definition } of this.declared.values()) {
      const used = new Set(toIndexes(definition).map(({ name }) => name));
      const collection = this.connection.db.collection(collectionOf(definition));
      for (const name of await this.indexNames(definition)) {
        if (!name.startsWith(indexPrefix) || used.has(name)) continue;
        await this.connection.run(`drop index ${name} of ${collection.collectionName}`, () => collection.dropIndex(name));
        dropped.push(`${collection.collectionName} ${name}`);
      }
    }
    return dropped;
  }

  /** Every put resolves only when it is in a majority's journal: what has resolved needs nothing more. */
  async flush(): Promise<void> {
    await Promise.all(Array.from(this.declared.values(), ({ lane }) => lane.idle()));
  }

  async close(): Promise<void> {
    await this.flush();
    await this.connection.close();
  }

  private ready(view: DeclaredView): Promise<void> {
    view.readiness ??= this.connection.makeIndexes(collectionOf(view.definition), toIndexes(view.definition)).catch((error: unknown) => {
      view.readiness = undefined;
      throw error;
    });
    return view.readiness;
  }

  private async indexNames(definition: ViewDefinition): Promise<readonly string[]> {
    const collection = this.connection.db.collection(collectionOf(definition));
    return this.connection.run(`list the indexes of ${collection.collectionName}`, async () => {
      try {
        return (await collection.listIndexes().toArray()).map(({ name }) => String(name));
      } catch (error) {
        if (error instanceof MongoServerError && error.code === namespaceNotFound) return [];
        throw error;
      }
    });
  }
}

function collectionOf({ name }: ViewDefinition): string {
  return `view.${name}`;
}
