import { describe, expect, it } from '@jest/globals';
import type { ViewDefinition, ViewDocument, ViewStore } from '@tollkeeper/ports';
import { viewStoreSuite } from '@tollkeeper/testing';
import fc from 'fast-check';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelViewStore } from './level-view-store.js';

viewStoreSuite('LevelDB', async () => {
  const root = await mkdtemp(join(tmpdir(), 'views-'));
  let folder = join(root, '0');
  let crashes = 0;
  let store: ViewStore | undefined;
  return {
    open: async () => (store = await LevelViewStore.open({ folder })),
    async crash() {
      // What stands in the files at this moment is what a killed process leaves.
      const copy = join(root, `${++crashes}`);
      await cp(folder, copy, { recursive: true });
      await store?.close();
      folder = copy;
    },
    async dispose() {
      await store?.close();
      await rm(root, { recursive: true });
    },
  };
});

describe('indexes of the LevelDB view store', () => {
  interface Pair extends ViewDocument {
    readonly left: string;
    readonly right: number;
  }
  const pairs: ViewDefinition = { name: 'pairs', kind: 'rebuildable', indexes: { both: ['left', 'right'] } };

  it('orders any texts by code point and any numbers by size', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'views-'));
    const store = await LevelViewStore.open({ folder });
    const view = store.view<Pair>(pairs);
    const text = fc.string({ unit: 'binary', maxLength: 4 }).filter((value) => value.isWellFormed());
    const cases = fc.sample(fc.record({ left: text, right: fc.maxSafeNat() }), { numRuns: 300, seed: 7 });
    const documents = cases.map((one, i) => ({ ...one, id: String(i).padStart(3, '0'), version: 1 }));
    await view.put(documents);
    const byCodePoint = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
    const expected = [...documents].sort((a, b) => byCodePoint(a.left, b.left) || a.right - b.right || byCodePoint(a.id, b.id));
    const { items } = await view.list({ index: 'both', equals: [], limit: 1000 });
    expect(items).toEqual(expected);
    await store.close();
    await rm(folder, { recursive: true });
  });

  it('flushes again and again, whether or not LevelDB began another log', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'views-'));
    const store = await LevelViewStore.open({ folder, writeBufferBytes: 1 << 16 });
    const view = store.view<Pair>(pairs);
    for (let round = 0; round < 10; round++) {
      const documents = Array.from({ length: 200 }, (_, i) => ({ id: `${i}`, version: round, left: 'x'.repeat(round * 100), right: i }));
      await view.put(documents);
      await store.flush();
    }
    expect(await view.get('199')).toMatchObject({ version: 9 });
    await store.close();
    await rm(folder, { recursive: true });
  });
});
