import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CursorInvalid, StoreUnavailable, type View, type ViewDefinition, type ViewDocument, type ViewQuery, type ViewStore } from '@tollkeeper/ports';
import { seededRandom, startMongoServer, type RealServer } from '@tollkeeper/testing';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import fc from 'fast-check';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoViewStore } from './mongo-view-store.js';

interface Bill extends ViewDocument {
  readonly tenant?: string;
  readonly status?: string;
  readonly number?: number;
  readonly [rest: string]: unknown;
}

const bills: ViewDefinition = { name: 'bills', kind: 'rebuildable', indexes: { status: ['tenant', 'status', 'number'], number: ['number'] } };
const people: ViewDefinition = { name: 'people', kind: 'record', indexes: { tenant: ['tenant', 'id'] } };
const timeoutMs = 1_500;

let folder: string;
let server: RealServer;
let databases = 0;
let stores: ViewStore[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'views-mongo-faults-'));
  server = await startMongoServer({ folder });
}, 60_000);

beforeEach(() => {
  databases++;
  stores = [];
});

afterEach(async () => {
  server.resume();
  await Promise.all(stores.map((store) => store.close()));
}, 30_000);

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function opened(): Promise<MongoViewStore> {
  const store = await MongoViewStore.open({ url: server.address, database: `faults-${databases}`, timeoutMs });
  stores.push(store);
  return store;
}

async function ids(view: View<Bill>, query: Omit<ViewQuery, 'limit'>): Promise<string[]> {
  return (await view.list({ limit: 100, ...query })).items.map(({ id }) => id);
}

/** All pages of a query, each as its ids. */
async function pages(view: View<Bill>, query: ViewQuery): Promise<string[][]> {
  const seen: string[][] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await view.list({ ...query, cursor });
    seen.push(page.items.map(({ id }) => id));
    cursor = page.next;
    if (cursor === undefined) return seen;
  }
}

describe('views in MongoDB', () => {
  it('show the very pages that the embedded store shows', async () => {
    const level = await LevelViewStore.open({ folder: join(folder, 'level') });
    stores.push(level);
    const [mongoView, levelView] = [(await opened()).view<Bill>(bills), level.view<Bill>(bills)];
    const random = seededRandom(7);
    const some = <T>(values: readonly T[]): T => values[random(values.length)] as T;
    const tenants = ['t', 't\u0000', 'ü'];
    const statuses = ['', 'open', 'open\u0000', 'ö', '😀', '\uffff'];
    const documents = Array.from({ length: 150 }, (_, i): Bill => ({
      id: `${some(['a', 'a/', 'b', '😀'])}${(i * 37) % 150}`,
      version: 1,
      tenant: random(9) === 0 ? undefined : some(tenants),
      status: random(9) === 0 ? undefined : some(statuses),
      number: random(9) === 0 ? undefined : random(4),
    }));
    await Promise.all([mongoView, levelView].map((view) => view.put(documents)));
    for (let round = 0; round < 60; round++) {
      const equals = [some(tenants), some(statuses), random(4)].slice(0, random(4));
      const bound = (): string | number | undefined => (random(2) === 0 ? undefined : equals.length === 0 ? some(tenants) : equals.length === 1 ? some(statuses) : random(5));
      const [from, to] = equals.length === 3 ? [] : [bound(), bound()];
      const shape = { descending: random(2) === 0, limit: 1 + random(20) };
      const byId = { equals: random(2) === 0 ? [] : ['a'], from: some([undefined, 'a/', 'a1']), to: some([undefined, 'b', '😀5']) };
      const query: ViewQuery = random(4) === 0 ? { ...byId, ...shape } : { index: 'status', equals, from, to, ...shape };
      expect([query, await pages(mongoView, query)]).toEqual([query, await pages(levelView, query)]);
    }
  }, 60_000);

  it('give back any JSON as it was put', async () => {
    const view = (await opened()).view<Bill>(bills);
    await fc.assert(
      fc.asyncProperty(fc.dictionary(fc.string({ unit: 'binary', maxLength: 5 }), fc.jsonValue()), async (content) => {
        const document: Bill = { ...(JSON.parse(JSON.stringify(content)) as Bill), id: 'any', version: 1, tenant: 't', status: 's', number: 1 };
        await view.put([document]);
        expect(await view.get('any')).toEqual(document);
      }),
      { numRuns: 60, seed: 3 },
    );
    let deep: unknown = 'end';
    for (let depth = 0; depth < 500; depth++) deep = { deep };
    const odd: Bill = { id: 'odd', version: 1, $set: { 'a.b': 1, $x: 2, 'nul\u0000': '\ud800' }, 'a.b': 1, ['\u0000']: 1, deep };
    await view.put([odd]);
    expect(await view.get('odd')).toEqual(odd);
  }, 60_000);

  it('let the highest version stand when many processes put and remove at once', async () => {
    const views = (await Promise.all([opened(), opened(), opened()])).map((store) => store.view<Bill>(bills));
    for (let round = 0; round < 8; round++) {
      const id = `b${round}`;
      const versions = Array.from({ length: 12 }, (_, i) => ((i * 5) % 12) + 1);
      await Promise.all(versions.flatMap((version, i) => views.slice(i % 3, (i % 3) + 1).map((view) => view.put([{ id, version, tenant: 't' }]))));
      expect(await views[0]?.get(id)).toMatchObject({ version: 12 });
    }
    await Promise.all(views.flatMap((view, i) => [view.put([{ id: 'gone', version: i, tenant: 't' }]), view.remove(['gone'])]));
    await views[0]?.remove(['gone']);
    await views[1]?.put([{ id: 'gone', version: 0, tenant: 'again' }]);
    expect(await views[2]?.get('gone')).toMatchObject({ tenant: 'again' });
  }, 60_000);

  it('hold every put that was answered when the server is killed under load, and go on by themselves', async () => {
    const store = await opened();
    const views = [store.view<Bill>(bills), store.view<Bill>(people)];
    const told = views.map(() => new Map<string, number>());
    const refusals: unknown[] = [];
    let stopped = false;
    const write = async (writer: number): Promise<void> => {
      for (let version = 1; !stopped; version++) {
        const id = `w${writer} ${version % 7}`;
        try {
          await views[writer % 2]?.put([{ id, version, tenant: 't', status: 's', number: version }]);
          told[writer % 2]?.set(id, version);
        } catch (error) {
          refusals.push(error);
          await pause(50);
        }
      }
    };
    const writers = Array.from({ length: 6 }, (_, writer) => write(writer));
    for (let round = 0; round < 3; round++) {
      await pause(700);
      await server.kill();
      await pause(100);
      await server.restart();
    }
    await pause(1_000);
    stopped = true;
    await Promise.all(writers);
    expect(refusals.every((error) => error instanceof StoreUnavailable)).toBe(true);
    expect(refusals.length).toBeGreaterThan(0);
    for (const [i, view] of views.entries()) {
      const standing = await view.getMany([...(told[i]?.keys() ?? [])]);
      [...(told[i] ?? [])].forEach(([id, version], at) => expect([id, (standing[at]?.version ?? 0) >= version]).toEqual([id, true]));
      expect(told[i]?.size).toBeGreaterThan(10);
    }
  }, 60_000);

  it('answer a paused server with StoreUnavailable that tells the reason, and go on when it is back', async () => {
    const view = (await opened()).view<Bill>(people);
    await view.put([{ id: 'p', version: 1, tenant: 't' }]);
    server.pause();
    const refused: unknown = await view.put([{ id: 'p', version: 2, tenant: 't' }]).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(StoreUnavailable);
    expect(String(refused)).toMatch(/could not write view\.people: .*(?:timed out|no answer)/i);
    server.resume();
    await view.put([{ id: 'p', version: 3, tenant: 't' }]);
    expect(await view.get('p')).toMatchObject({ version: 3 });
  }, 30_000);

  it('list by a new index what a process of the release before goes on writing, and drop indexes nobody names any more', async () => {
    const [before, after] = [await opened(), await opened()];
    const old = before.view<Bill>(bills);
    await old.put([{ id: 'b1', version: 1, tenant: 't', status: 's', number: 1, town: 'Ulm' }]);
    const fresh = after.view<Bill>({ ...bills, indexes: { renamed: ['number'], town: ['town', 'id'] } });
    await after.prepare();
    await old.put([{ id: 'b2', version: 1, tenant: 't', status: 's', number: 2, town: 'Bonn' }, { id: 'b1', version: 2, tenant: 't', number: 9, town: 'Aachen' }]);
    expect(await ids(fresh, { index: 'town', equals: [] })).toEqual(['b1', 'b2']);
    expect(await ids(fresh, { index: 'renamed', equals: [] })).toEqual(['b2', 'b1']);
    expect(await after.dropUnusedIndexes()).toEqual(['view.bills by:tenant,status,number']);
    expect(await after.dropUnusedIndexes()).toEqual([]);
    expect(await ids(old, { index: 'status', equals: ['t', 's'] })).toEqual(['b2']);
  });

  it('refuse cursors of other views, indexes and selections', async () => {
    const store = await opened();
    const [view, other] = [store.view<Bill>(bills), store.view<Bill>({ ...bills, name: 'other-bills' })];
    const documents = Array.from({ length: 3 }, (_, i): Bill => ({ id: `b${i}`, version: 1, tenant: 't', status: 's', number: i }));
    for (const one of [view, other]) await one.put(documents);
    const { next: cursor } = await view.list({ index: 'status', equals: ['t', 's'], limit: 1 });
    const foreign: [View<Bill>, Omit<ViewQuery, 'limit' | 'cursor'>][] = [
      [other, { index: 'status', equals: ['t', 's'] }],
      [view, { index: 'status', equals: ['t'] }],
      [view, { index: 'status', equals: ['t', 's'], from: 1 }],
      [view, { index: 'number', equals: [] }],
      [view, { equals: [] }],
    ];
    for (const [where, query] of foreign) await expect(where.list({ ...query, cursor, limit: 1 })).rejects.toBeInstanceOf(CursorInvalid);
    expect(await ids(view, { index: 'status', equals: ['t', 's'], cursor })).toEqual(['b1', 'b2']);
  });
});
