import type { BinaryLevel, LevelFolder } from '@tollkeeper/data-folder';
import type { View, ViewDefinition, ViewDocument, ViewPage, ViewQuery } from '@tollkeeper/ports';
import { fromCursor, toCursor } from './cursor.js';
import { documentKey, indexKeys, rangeOf, type KeyRange } from './ordered-keys.js';
import type { WriteLane } from './write-lane.js';

type LevelSnapshot = ReturnType<BinaryLevel['snapshot']>;

/** One view of the store. `ready` resolves when its indexes are those of the definition. */
export class LevelView<D extends ViewDocument> implements View<D> {
  constructor(
    private readonly folder: LevelFolder,
    private readonly definition: ViewDefinition,
    private readonly lane: WriteLane,
    private readonly ready: () => Promise<void> | undefined,
  ) {}

  async put(documents: readonly D[]): Promise<void> {
    // Taken now: what the caller does with the documents afterwards does not matter, and a wrong field is the caller's to see.
    const changes = documents.map((document) => {
      if (!Number.isSafeInteger(document.version)) throw new RangeError(`${this.definition.name} ${document.id} has version ${document.version}`);
      const { id, version } = document;
      return { definition: this.definition, id, put: { json: JSON.stringify(document), version, indexKeys: indexKeys(this.definition, document) } };
    });
    await this.ready();
    await this.lane.write(changes);
  }

  async remove(ids: readonly string[]): Promise<void> {
    const changes = ids.map((id) => ({ definition: this.definition, id, put: undefined }));
    await this.ready();
    await this.lane.write(changes);
  }

  async get(id: string): Promise<D | undefined> {
    const value = await this.folder.read((level) => level.get(documentKey(this.definition.name, id)));
    return value && this.parsed(value);
  }

  async getMany(ids: readonly string[]): Promise<readonly (D | undefined)[]> {
    const values = await this.folder.read((level) => level.getMany(ids.map((id) => documentKey(this.definition.name, id))));
    return values.map((value) => value && this.parsed(value));
  }

  async list(query: ViewQuery): Promise<ViewPage<D>> {
    const range = rangeOf(this.definition, query);
    const behind = query.cursor === undefined ? undefined : fromCursor(query.cursor, range);
    if (query.limit <= 0) return { items: [] };
    await this.ready();
    return this.folder.read(async (level) => {
      // Index and documents of one moment, whatever is written meanwhile.
      const snapshot = level.snapshot();
      try {
        return await this.page(level, snapshot, query, range, behind);
      } finally {
        await snapshot.close();
      }
    });
  }

  private async page(
    level: BinaryLevel,
    snapshot: LevelSnapshot,
    query: ViewQuery,
    range: KeyRange,
    behind: Buffer | undefined,
  ): Promise<ViewPage<D>> {
    const reverse = query.descending ?? false;
    const bounds = behind ? (reverse ? { gte: range.gte, lt: behind } : { gt: behind, lt: range.lt }) : range;
    const found = await level.iterator({ ...bounds, reverse, limit: query.limit + 1, snapshot }).all();
    const shown = found.slice(0, query.limit);
    const values =
      query.index === undefined
        ? shown.map(([, value]) => value)
        : await level.getMany(
            shown.map(([, id]) => documentKey(this.definition.name, Buffer.from(id).toString('utf8'))),
            { snapshot },
          );
    const items = values.filter((value) => value !== undefined).map((value) => this.parsed(value));
    const last = shown.at(-1);
    return found.length > shown.length && last ? { items, next: toCursor(last[0]) } : { items };
  }

  private parsed(value: Uint8Array): D {
    return JSON.parse(Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('utf8')) as D;
  }
}
