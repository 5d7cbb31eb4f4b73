import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CursorInvalid, type View, type ViewDefinition, type ViewDocument, type ViewQuery, type ViewStore } from '@tollkeeper/ports';
import type { StorageFixture } from './storage-fixture.js';

interface Bill extends ViewDocument {
  readonly tenant: string;
  readonly status?: string;
  readonly number?: number;
  readonly note?: string;
}

const bills: ViewDefinition = {
  name: 'bills',
  kind: 'rebuildable',
  indexes: { 'by-status': ['tenant', 'status', 'number'], 'by-number': ['number'] },
};
const people: ViewDefinition = { name: 'people', kind: 'record', indexes: { 'by-tenant': ['tenant'] } };

function bill(id: string, version: number, rest: Omit<Bill, 'id' | 'version'>): Bill {
  return { id, version, ...rest };
}

async function ids(view: View<Bill>, query: Omit<ViewQuery, 'limit'> & { readonly limit?: number }): Promise<string[]> {
  return (await view.list({ limit: 100, ...query })).items.map((item) => item.id);
}

/** Reads page by page, as a client does. */
async function allPages(view: View<Bill>, query: Omit<ViewQuery, 'cursor'>): Promise<string[]> {
  const seen: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await view.list({ ...query, cursor });
    expect(page.items.length).toBeLessThanOrEqual(query.limit);
    seen.push(...page.items.map((item) => item.id));
    cursor = page.next;
    if (cursor === undefined) return seen;
  }
}

interface Stage {
  readonly storage: StorageFixture<ViewStore>;
  store: ViewStore;
  view: View<Bill>;
  reopen(): Promise<void>;
}

/** What every view store promises; `fresh` makes an empty storage. */
export function viewStoreSuite(name: string, fresh: () => Promise<StorageFixture<ViewStore>>): void {
  describe(`view store: ${name}`, () => {
    let stage: Stage;
    beforeEach(async () => {
      const storage = await fresh();
      const store = await storage.open();
      stage = {
        storage,
        store,
        view: store.view<Bill>(bills),
        async reopen() {
          await stage.store.close();
          stage.store = await storage.open();
          stage.view = stage.store.view<Bill>(bills);
        },
      };
    });
    afterEach(() => stage.storage.dispose());

    keeping(() => stage);
    versioning(() => stage);
    querying(() => stage);
    paging(() => stage);
    lasting(() => stage);
  });
}

function keeping(stage: () => Stage): void {
  it('gives back what was put, never the object itself', async () => {
    const document = bill('b1', 1, { tenant: 't', status: 'open', number: 1, note: 'Å 😀' });
    await stage().view.put([document]);
    const found = await stage().view.get('b1');
    expect(found).toEqual(document);
    expect(found).not.toBe(document);
    expect(await stage().view.get('b')).toBeUndefined();
  });

  it('answers many ids in their order, with gaps and repetitions', async () => {
    await stage().view.put([bill('b1', 1, { tenant: 't' }), bill('b2', 1, { tenant: 't' })]);
    const found = await stage().view.getMany(['b2', 'none', 'b1', 'b2']);
    expect(found.map((document) => document?.id)).toEqual(['b2', undefined, 'b1', 'b2']);
    expect(await stage().view.getMany([])).toEqual([]);
  });

  it('removes documents from view and indexes', async () => {
    const { view } = stage();
    await view.put([bill('b1', 1, { tenant: 't', number: 1 }), bill('b2', 1, { tenant: 't', number: 2 })]);
    await view.remove(['b1', 'none']);
    expect(await view.get('b1')).toBeUndefined();
    expect(await ids(view, { index: 'by-number', equals: [] })).toEqual(['b2']);
  });

  it('keeps views apart whose names begin alike', async () => {
    const { store, view } = stage();
    const others = store.view<Bill>({ ...bills, name: 'bills-2' });
    await view.put([bill('b1', 1, { tenant: 't', number: 1 })]);
    await others.put([bill('b2', 1, { tenant: 't', number: 1 })]);
    expect(await ids(view, { index: 'by-number', equals: [1] })).toEqual(['b1']);
    expect(await ids(others, { equals: [] })).toEqual(['b2']);
  });
}

function versioning(stage: () => Stage): void {
  it('lets a lower version change nothing, and a same or higher one everything', async () => {
    const { view } = stage();
    await view.put([bill('b1', 5, { tenant: 't', status: 'paid', number: 5 })]);
    await view.put([bill('b1', 4, { tenant: 't', status: 'open', number: 4 })]);
    expect(await view.get('b1')).toMatchObject({ version: 5, status: 'paid' });
    expect(await ids(view, { index: 'by-number', equals: [4] })).toEqual([]);
    await view.put([bill('b1', 5, { tenant: 't', status: 'same', number: 6 })]);
    await view.put([bill('b1', 6, { tenant: 't', status: 'newer', number: 7 })]);
    expect(await view.get('b1')).toMatchObject({ version: 6, status: 'newer' });
    expect(await ids(view, { index: 'by-number', equals: [] })).toEqual(['b1']);
  });

  it('keeps the highest version of many racing puts, and exactly its index keys', async () => {
    const { view } = stage();
    const versions = Array.from({ length: 40 }, (_, i) => ((i * 17) % 40) + 1);
    await Promise.all(versions.map((version) => view.put([bill('b1', version, { tenant: 't', status: `s${version}`, number: version })])));
    expect(await view.get('b1')).toMatchObject({ version: 40, number: 40 });
    expect(await ids(view, { index: 'by-number', equals: [] })).toEqual(['b1']);
    expect(await ids(view, { index: 'by-number', equals: [40] })).toEqual(['b1']);
    expect(await ids(view, { index: 'by-status', equals: ['t'] })).toEqual(['b1']);
  });

  it('takes several versions of a document in one put', async () => {
    const { view } = stage();
    await view.put([bill('b1', 1, { tenant: 't', number: 1 }), bill('b1', 3, { tenant: 't', number: 3 }), bill('b1', 2, { tenant: 't', number: 2 })]);
    expect(await view.get('b1')).toMatchObject({ version: 3 });
    expect(await ids(view, { index: 'by-number', equals: [] })).toEqual(['b1']);
  });
}

function querying(stage: () => Stage): void {
  it('reads by the first fields of an index, in the order of the rest', async () => {
    const { view } = stage();
    await view.put([
      bill('a', 1, { tenant: 't', status: 'open', number: 300 }),
      bill('b', 1, { tenant: 't', status: 'open', number: 2 }),
      bill('c', 1, { tenant: 't', status: 'opened', number: 1 }),
      bill('d', 1, { tenant: 't', status: 'closed', number: 1 }),
      bill('e', 1, { tenant: 't2', status: 'open', number: 1 }),
      bill('f', 1, { tenant: '', status: 'open', number: 1 }),
    ]);
    expect(await ids(view, { index: 'by-status', equals: ['t', 'open'] })).toEqual(['b', 'a']);
    expect(await ids(view, { index: 'by-status', equals: ['t', 'open'], descending: true })).toEqual(['a', 'b']);
    expect(await ids(view, { index: 'by-status', equals: ['t'] })).toEqual(['d', 'b', 'a', 'c']);
    expect(await ids(view, { index: 'by-status', equals: ['t', 'open', 300] })).toEqual(['a']);
    expect(await ids(view, { index: 'by-status', equals: [''] })).toEqual(['f']);
  });

  it('takes bounds on the next field: from is included, to is not', async () => {
    const { view } = stage();
    const numbers = [0, 1, 255, 256, 65_536, 2 ** 32, 2 ** 40 + 1, Number.MAX_SAFE_INTEGER];
    await view.put(numbers.map((number) => bill(`n${number}`, 1, { tenant: 't', number })));
    const between = (from: number | undefined, to: number | undefined): Promise<string[]> => ids(view, { index: 'by-number', equals: [], from, to });
    expect(await between(undefined, undefined)).toEqual(numbers.map((number) => `n${number}`));
    expect(await between(1, 256)).toEqual(['n1', 'n255']);
    expect(await between(256, undefined)).toEqual(numbers.slice(3).map((number) => `n${number}`));
    expect(await between(undefined, 1)).toEqual(['n0']);
    expect(await between(2, 2)).toEqual([]);
    await view.put(['', 'a', 'a\u0000', 'aa', 'b', 'é', '😀'].map((status, i) => bill(`s${i}`, 1, { tenant: 's', status, number: 1 })));
    expect(await ids(view, { index: 'by-status', equals: ['s'], from: 'a', to: 'b' })).toEqual(['s1', 's2', 's3']);
    expect(await ids(view, { index: 'by-status', equals: ['s'] })).toEqual(['s0', 's1', 's2', 's3', 's4', 's5', 's6']);
  });

  it('reads by id and by its beginning when no index is named', async () => {
    const { view } = stage();
    await view.put(['a/1', 'a/2', 'ab', 'b/1'].map((id) => bill(id, 1, { tenant: 't' })));
    expect(await ids(view, { equals: [] })).toEqual(['a/1', 'a/2', 'ab', 'b/1']);
    expect(await ids(view, { equals: ['a/'] })).toEqual(['a/1', 'a/2']);
    expect(await ids(view, { equals: ['a'], descending: true })).toEqual(['ab', 'a/2', 'a/1']);
    expect(await ids(view, { equals: ['c'] })).toEqual([]);
  });

  it('leaves documents out of an index when they lack one of its fields', async () => {
    const { view } = stage();
    await view.put([bill('a', 1, { tenant: 't', number: 1 }), bill('b', 1, { tenant: 't', status: 'open', number: 2 })]);
    expect(await ids(view, { index: 'by-status', equals: ['t'] })).toEqual(['b']);
    expect(await ids(view, { index: 'by-number', equals: [] })).toEqual(['a', 'b']);
    await view.put([bill('b', 2, { tenant: 't', number: 2 })]);
    expect(await ids(view, { index: 'by-status', equals: ['t'] })).toEqual([]);
  });

  it('refuses fields that cannot be put in order, unknown indexes and too many values', async () => {
    const { view } = stage();
    await expect(view.put([bill('a', 1, { tenant: 't', number: -1 })])).rejects.toThrow(/number of bills a is -1/);
    await expect(view.put([bill('a', 1, { tenant: 't', number: 1.5 })])).rejects.toThrow(RangeError);
    await expect(view.list({ index: 'none', equals: [], limit: 1 })).rejects.toThrow(/no index none/);
    await expect(view.list({ index: 'by-number', equals: [1, 2], limit: 1 })).rejects.toThrow(RangeError);
    expect(await view.get('a')).toBeUndefined();
  });
}

function paging(stage: () => Stage): void {
  it('pages through everything once, in both directions, with and without an index', async () => {
    const { view } = stage();
    const documents = Array.from({ length: 25 }, (_, i) => bill(`b${String(i).padStart(2, '0')}`, 1, { tenant: 't', status: 's', number: i % 5 }));
    await view.put(documents);
    const inOrder = documents.map((document) => document.id);
    expect(await allPages(view, { equals: [], limit: 10 })).toEqual(inOrder);
    expect(await allPages(view, { equals: [], limit: 5, descending: true })).toEqual([...inOrder].reverse());
    const byNumber = await allPages(view, { index: 'by-status', equals: ['t', 's'], limit: 7 });
    expect([...byNumber].sort()).toEqual(inOrder);
    expect(await allPages(view, { index: 'by-status', equals: ['t', 's'], limit: 7, descending: true })).toEqual([...byNumber].reverse());
  });

  it('goes on rightly when documents come and go between pages', async () => {
    const { view } = stage();
    await view.put(['b', 'd', 'f'].map((id) => bill(id, 1, { tenant: 't' })));
    const { next } = await view.list({ equals: [], limit: 2 });
    await view.remove(['d']);
    await view.put(['a', 'e'].map((id) => bill(id, 1, { tenant: 't' })));
    expect(await ids(view, { equals: [], cursor: next })).toEqual(['e', 'f']);
  });

  it('has no next page when the last document fits', async () => {
    const { view } = stage();
    await view.put(['a', 'b'].map((id) => bill(id, 1, { tenant: 't' })));
    expect((await view.list({ equals: [], limit: 2 })).next).toBeUndefined();
    expect(await view.list({ equals: [], limit: 0 })).toEqual({ items: [] });
  });

  it('refuses cursors that it did not give out for this query', async () => {
    const { view } = stage();
    await view.put(['a', 'b', 'c'].map((id, i) => bill(id, 1, { tenant: id === 'c' ? 'other' : 't', status: 's', number: i })));
    const { next = '' } = await view.list({ index: 'by-number', equals: [], limit: 1 });
    const changed = `${next.slice(0, -1)}${next.endsWith('A') ? 'B' : 'A'}`;
    for (const cursor of ['', 'x', 'not a cursor', '💥', changed, next.slice(0, -2), `${next}AAAA`]) {
      await expect(view.list({ index: 'by-number', equals: [], limit: 1, cursor })).rejects.toBeInstanceOf(CursorInvalid);
    }
    const mine = (await view.list({ index: 'by-status', equals: ['t'], limit: 1 })).next;
    await expect(view.list({ index: 'by-status', equals: ['other'], limit: 1, cursor: mine })).rejects.toBeInstanceOf(CursorInvalid);
  });
}

function lasting(stage: () => Stage): void {
  it('holds everything after it was closed and opened again', async () => {
    const current = stage();
    await current.view.put([bill('b1', 3, { tenant: 't', status: 'open', number: 9 })]);
    await current.reopen();
    expect(await ids(current.view, { index: 'by-status', equals: ['t', 'open'] })).toEqual(['b1']);
    await current.view.put([bill('b1', 2, { tenant: 't', status: 'late', number: 9 })]);
    expect(await current.view.get('b1')).toMatchObject({ version: 3, status: 'open' });
  });

  it('holds records, and what was flushed, when it ends without a word', async () => {
    const current = stage();
    if (!current.storage.crash) return;
    const records = current.store.view<Bill>(people);
    await current.view.put([bill('b1', 1, { tenant: 't', number: 1 })]);
    await current.store.flush();
    await Promise.all(Array.from({ length: 30 }, (_, i) => records.put([bill(`p${i}`, 1, { tenant: 't' })])));
    await current.storage.crash();
    current.store = await current.storage.open();
    expect(await current.store.view<Bill>(people).list({ index: 'by-tenant', equals: ['t'], limit: 100 })).toMatchObject({ items: { length: 30 } });
    expect(await ids(current.store.view<Bill>(bills), { index: 'by-number', equals: [1] })).toEqual(['b1']);
  });

  it('brings indexes up to date that a new release declares', async () => {
    const current = stage();
    await current.view.put([bill('b1', 1, { tenant: 't', note: 'x', number: 1 }), bill('b2', 1, { tenant: 't', note: 'y', number: 2 })]);
    await current.store.close();
    current.store = await current.storage.open();
    const changed = current.store.view<Bill>({ ...bills, indexes: { 'by-number': ['number'], 'by-note': ['note'] } });
    expect(await ids(changed, { index: 'by-note', equals: ['y'] })).toEqual(['b2']);
    expect(await ids(changed, { index: 'by-number', equals: [] })).toEqual(['b1', 'b2']);
    await changed.remove(['b2']);
    expect(await ids(changed, { index: 'by-note', equals: [] })).toEqual(['b1']);
  });
}
