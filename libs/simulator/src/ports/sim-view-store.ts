import { StoreUnavailable, type View, type ViewDefinition, type ViewDocument, type ViewPage, type ViewQuery, type ViewStore } from '@tollkeeper/ports';
import type { SimProcess } from '../world/process.js';
import type { ViewDisk } from './view-disk.js';

const unanswered = (): Error => new StoreUnavailable('the view store did not answer');

/** One process's way to the documents. */
export class SimViewStore implements ViewStore {
  constructor(
    private readonly process: SimProcess,
    private readonly disk: ViewDisk,
  ) {}

  view<D extends ViewDocument>(definition: ViewDefinition): View<D> {
    return new SimView<D>(this.process, this.disk, definition);
  }

  flush(): Promise<void> {
    return this.process.io('view flush', '', { apply: () => this.disk.flush(), tear: () => undefined, unanswered });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

class SimView<D extends ViewDocument> implements View<D> {
  constructor(
    private readonly process: SimProcess,
    private readonly disk: ViewDisk,
    private readonly definition: ViewDefinition,
  ) {}

  put(documents: readonly D[]): Promise<void> {
    const texts = documents.map((document) => JSON.stringify(document));
    const { chance } = this.process.world;
    return this.process.io('view put', `${this.definition.name} ${documents.map(({ id, version }) => `${id}@${version}`).join(', ')}`, {
      apply: () => this.disk.put(this.definition, texts),
      tear: () => this.disk.put(this.definition, texts.filter(() => chance.hits(0.5))),
      unanswered,
    });
  }

  async get(id: string): Promise<D | undefined> {
    const [document] = await this.getMany([id]);
    return document;
  }

  getMany(ids: readonly string[]): Promise<readonly (D | undefined)[]> {
    const apply = (): readonly (D | undefined)[] => ids.map((id) => this.parse(this.disk.get(this.definition, id)));
    return this.process.io('view get', `${this.definition.name} ${ids.join(', ')}`, { apply, unanswered });
  }

  remove(ids: readonly string[]): Promise<void> {
    const { chance } = this.process.world;
    return this.process.io('view remove', `${this.definition.name} ${ids.join(', ')}`, {
      apply: () => this.disk.remove(this.definition, ids),
      tear: () => this.disk.remove(this.definition, ids.filter(() => chance.hits(0.5))),
      unanswered,
    });
  }

  list(query: ViewQuery): Promise<ViewPage<D>> {
    const apply = (): ViewPage<D> => {
      const { items, ...rest } = this.disk.list(this.definition, query);
      return { ...rest, items: items.map((text) => JSON.parse(text) as D) };
    };
    return this.process.io('view list', `${this.definition.name} ${query.index ?? ''} ${query.equals.join(', ')}`, { apply, unanswered });
  }

  private parse(text: string | undefined): D | undefined {
    return text === undefined ? undefined : (JSON.parse(text) as D);
  }
}
