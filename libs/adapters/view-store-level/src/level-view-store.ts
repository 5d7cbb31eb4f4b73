import { LevelFolder } from '@tollkeeper/data-folder';
import type { View, ViewDefinition, ViewDocument, ViewStore } from '@tollkeeper/ports';
import { readdir } from 'node:fs/promises';
import { LevelView } from './level-view.js';
import { allDocuments, allIndexKeys, indexKeys, metaKey } from './ordered-keys.js';
import { toDocument, WriteLane } from './write-lane.js';

export interface LevelViewStoreOptions {
  /** Belongs to this store alone; made when it is missing. */
  readonly folder: string;
  /** Default 8 MiB; up to two of them stand in memory. */
  readonly writeBufferBytes?: number;
  /** Default 16 MiB. */
  readonly cacheBytes?: number;
}

const format = { content: 'view-store', version: 1 } as const;
const reindexBatch = 1000;
/** Written to have something to sync. */
const syncKey = Buffer.of(0);

/** Views in LevelDB, one process per folder. */
export class LevelViewStore implements ViewStore {
  private readonly lanes: Readonly<Record<ViewDefinition['kind'], WriteLane>>;
  private readonly views = new Map<string, { readonly indexes: string; readiness: Promise<void> | undefined }>();
  /** LevelDB's log at the end of the last flush: what was written to the same one since is made durable by one sync. */
  private flushedLog = '';

  private constructor(private readonly folder: LevelFolder) {
    this.lanes = { record: new WriteLane(folder, true), rebuildable: new WriteLane(folder, false) };
  }

  /** @throws DataFolderTooNew, DataFolderInUse, DataFolderUnusable */
  static async open(options: LevelViewStoreOptions): Promise<LevelViewStore> {
    const level = { writeBufferBytes: options.writeBufferBytes ?? 8 << 20, cacheBytes: options.cacheBytes ?? 16 << 20, compression: true };
    return new LevelViewStore(await LevelFolder.open(options.folder, format, level, () => undefined));
  }

  view<D extends ViewDocument>(definition: ViewDefinition): View<D> {
    const indexes = JSON.stringify(definition.indexes);
    const known = this.views.get(definition.name);
    if (known && known.indexes !== indexes) throw new RangeError(`view ${definition.name} is defined twice, with different indexes`);
    const state = known ?? { indexes, readiness: undefined };
    this.views.set(definition.name, state);
    let ready = false;
    return new LevelView<D>(this.folder, definition, this.lanes[definition.kind], () => {
      if (ready) return undefined;
      state.readiness ??= this.bringIndexesUpToDate(definition, indexes).catch((error: unknown) => {
        state.readiness = undefined;
        throw error;
      });
      return state.readiness.then(() => {
        ready = true;
      });
    });
  }

  async flush(): Promise<void> {
    await Promise.all([this.lanes.record.idle(), this.lanes.rebuildable.idle()]);
    await this.folder.writable();
    try {
      await this.folder.level.put(syncKey, syncKey, { sync: true });
      const logs = await this.logs();
      if (logs.length === 1 && logs[0] === this.flushedLog) return;
      // LevelDB has begun another log meanwhile, without syncing the one before. Compacting nothing makes it write what
      // it holds in memory into a table, and that is synced.
      await this.folder.level.compactRange(syncKey, syncKey);
      this.flushedLog = (await this.logs()).at(-1) ?? '';
    } catch (error) {
      throw this.folder.failed(error);
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.lanes.record.idle(), this.lanes.rebuildable.idle()]);
    await this.folder.close();
  }

  private async logs(): Promise<string[]> {
    return (await readdir(this.folder.level.location)).filter((name) => name.endsWith('.log')).sort();
  }

  /** Another release may have declared other indexes: then they are made anew from the documents. */
  private async bringIndexesUpToDate(definition: ViewDefinition, indexes: string): Promise<void> {
    const key = metaKey(definition.name);
    const stored = await this.folder.read((level) => level.get(key));
    if (stored && Buffer.from(stored).toString('utf8') === indexes) return;
    await this.folder.writable();
    const { level } = this.folder;
    try {
      await level.clear(allIndexKeys(definition.name));
      for await (const documents of this.batches(definition.name)) {
        const puts = documents.flatMap((json) => {
          const document = toDocument(json);
          return indexKeys(definition, document).map((put) => ({ type: 'put' as const, key: put, value: Buffer.from(document.id, 'utf8') }));
        });
        await level.batch(puts);
      }
      await level.put(key, Buffer.from(indexes, 'utf8'), { sync: true });
    } catch (error) {
      throw this.folder.failed(error);
    }
  }

  private async *batches(view: string): AsyncGenerator<string[]> {
    let batch: string[] = [];
    for await (const value of this.folder.level.values(allDocuments(view))) {
      batch.push(Buffer.from(value).toString('utf8'));
      if (batch.length < reindexBatch) continue;
      yield batch;
      batch = [];
    }
    yield batch;
  }
}
