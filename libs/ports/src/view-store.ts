/** A document with the key it is found by. Plain JSON: it is cloned by every adapter, never shared. */
export interface ViewDocument {
  readonly id: string;
  /**
   * Orders the writers of one document, as a rule the number of the chain entry that it shows: a put with a lower version
   * than the stored one does nothing, so that repeated or late projections do no harm.
   */
  readonly version: number;
}

export interface ViewDefinition {
  /** Kebab-case and unique in the store, for example `invoices`. */
  readonly name: string;
  /**
   * Index name → fields, most significant first; a query gives the first ones as `equals` and reads the rest in order.
   * Fields hold strings or safe non-negative integers; a document that lacks one of the fields is not in that index.
   */
  readonly indexes: Readonly<Record<string, readonly string[]>>;
  /**
   * `rebuildable` documents can be made again from chains and may lose their newest writes when the machine loses power.
   * `record` documents are durable before the put resolves: erasable personal data and settings live here.
   */
  readonly kind: 'rebuildable' | 'record';
}

export interface ViewQuery {
  /** Index to read; without one, by id. */
  readonly index?: string;
  /** One value for each of the first fields of the index. Without an index: `[prefix of the id]`, or empty for all. */
  readonly equals: readonly (string | number)[];
  /** Bounds on the field after `equals`: `from` is included, `to` is not. */
  readonly from?: string | number;
  readonly to?: string | number;
  readonly descending?: boolean;
  /** The `next` of the page before. */
  readonly cursor?: string;
  readonly limit: number;
}

export interface ViewPage<D> {
  readonly items: readonly D[];
  /** Opaque; absent on the last page. */
  readonly next?: string;
}

/** Thrown for a cursor that this collection did not give out. */
export class CursorInvalid extends Error {
  override readonly name = 'CursorInvalid';
}

export interface View<D extends ViewDocument> {
  put(documents: readonly D[]): Promise<void>;
  get(id: string): Promise<D | undefined>;
  getMany(ids: readonly string[]): Promise<readonly (D | undefined)[]>;
  remove(ids: readonly string[]): Promise<void>;
  /** @throws CursorInvalid */
  list(query: ViewQuery): Promise<ViewPage<D>>;
}

/** Documents with declared indexes. Conformance suite: `viewStoreSuite` in @tollkeeper/testing. */
export interface ViewStore {
  view<D extends ViewDocument>(definition: ViewDefinition): View<D>;
  /** Resolves when everything put so far, in views of either kind, is durable. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
