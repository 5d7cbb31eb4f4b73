import type { MongoConnection } from '@tollkeeper/mongo-connection';
import type { View, ViewDefinition, ViewDocument, ViewPage, ViewQuery } from '@tollkeeper/ports';
import type { Collection } from 'mongodb';
import { planPage } from './page-plan.js';
import { toStored, type StoredDocument } from './stored-document.js';
import type { WriteLane } from './write-lane.js';

const jsonAlone = { _id: 0, json: 1 } as const;

/** One view of the store. `ready` resolves when the indexes of its definition stand. */
export class MongoView<D extends ViewDocument> implements View<D> {
  constructor(
    private readonly connection: MongoConnection,
    private readonly definition: ViewDefinition,
    private readonly collection: Collection<StoredDocument>,
    private readonly lane: WriteLane,
    private readonly ready: () => Promise<void>,
  ) {}

  async put(documents: readonly D[]): Promise<void> {
    // Taken now: what the caller does with the documents afterwards does not matter, and a wrong field is the caller's to see.
    const changes = documents.map((document) => ({ id: document.id, put: toStored(this.definition, document) }));
    await this.ready();
    await this.lane.write(changes);
  }

  async remove(ids: readonly string[]): Promise<void> {
    await this.lane.write(ids.map((id) => ({ id, put: undefined })));
  }

  async get(id: string): Promise<D | undefined> {
    const [document] = await this.getMany([id]);
    return document;
  }

  async getMany(ids: readonly string[]): Promise<readonly (D | undefined)[]> {
    const distinct = [...new Set(ids)];
    if (distinct.length === 0) return [];
    const filter = { _id: distinct.length === 1 ? distinct[0] : { $in: distinct } };
    const found = await this.connection.run(`read ${this.collection.collectionName}`, () =>
      this.collection.find<Pick<StoredDocument, '_id' | 'json'>>(filter, { projection: { json: 1 }, batchSize: distinct.length }).toArray(),
    );
    const byId = new Map(found.map(({ _id, json }) => [_id, json]));
    return ids.map((id) => {
      const json = byId.get(id);
      return json === undefined ? undefined : (JSON.parse(json) as D);
    });
  }

  async list(query: ViewQuery): Promise<ViewPage<D>> {
    const plan = planPage(this.definition, query);
    if (query.limit <= 0) return { items: [] };
    await this.ready();
    const most = query.limit + 1;
    const found: D[] = [];
    for (const filter of plan.filters) {
      if (found.length === most) break;
      const left = most - found.length;
      const documents = await this.connection.run(`list ${this.collection.collectionName}`, () =>
        this.collection
          .find<Pick<StoredDocument, 'json'>>(filter, { projection: jsonAlone, sort: plan.sort, limit: left, batchSize: left })
          .toArray(),
      );
      found.push(...documents.map(({ json }) => JSON.parse(json) as D));
    }
    const items = found.slice(0, query.limit);
    const last = items.at(-1);
    return found.length > items.length && last ? { items, next: plan.cursorBehind(last) } : { items };
  }
}
