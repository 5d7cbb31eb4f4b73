import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { DataFolderInUse, DataFolderTooNew, DataFolderUnusable } from '@tollkeeper/data-folder';
import type { ChainStore } from '@tollkeeper/ports';
import { chainStoreSuite, type StorageFixture } from '@tollkeeper/testing';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LevelChainStore, type LevelChainStoreOptions } from './level-chain-store.js';

function onDisk(settings: Partial<LevelChainStoreOptions>): () => Promise<StorageFixture<ChainStore>> {
  return async () => {
    const root = await mkdtemp(join(tmpdir(), 'chains-'));
    let folder = join(root, '0');
    let crashes = 0;
    let store: ChainStore | undefined;
    return {
      open: async () => (store = await LevelChainStore.open({ folder, ...settings })),
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
  };
}

chainStoreSuite('LevelDB', onDisk({}));
chainStoreSuite('LevelDB with groups of three entries and a small head cache', onDisk({ maxGroupEntries: 3, headCacheChains: 1 }));

describe('folder of the LevelDB chain store', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chains-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('refuses a folder that is in use', async () => {
    const store = await LevelChainStore.open({ folder });
    await expect(LevelChainStore.open({ folder })).rejects.toThrow(DataFolderInUse);
    await store.close();
  });

  it('refuses a folder that a newer release wrote, and says so', async () => {
    await writeFile(join(folder, 'format.json'), '{"content":"chain-store","version":99}');
    await expect(LevelChainStore.open({ folder })).rejects.toThrow(DataFolderTooNew);
    await expect(LevelChainStore.open({ folder })).rejects.toThrow(/layout 99 .* newer release/);
  });

  it('refuses a folder of another store', async () => {
    await writeFile(join(folder, 'format.json'), '{"content":"bus","version":1}');
    await expect(LevelChainStore.open({ folder })).rejects.toThrow(DataFolderUnusable);
  });
});
