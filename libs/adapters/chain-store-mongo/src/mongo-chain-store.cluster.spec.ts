import { afterAll, beforeAll } from '@jest/globals';
import type { ChainStore } from '@tollkeeper/ports';
import { chainStoreSuite, startMongoServer, type RealServer, type StorageFixture } from '@tollkeeper/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoChainStore, type MongoChainStoreOptions } from './mongo-chain-store.js';

let folder: string;
let server: RealServer;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chains-mongo-'));
  server = await startMongoServer({ folder });
}, 60_000);

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

function onServer(settings: Partial<MongoChainStoreOptions>): () => Promise<StorageFixture<ChainStore>> {
  return async () => {
    const database = `chains-${++databases}`;
    let store: ChainStore | undefined;
    return {
      open: async () => (store = await MongoChainStore.open({ url: server.address, database, ...settings })),
      async crash() {
        await server.kill();
        await store?.close();
        await server.restart();
      },
      async dispose() {
        await store?.close();
      },
    };
  };
}

chainStoreSuite('MongoDB', onServer({}));
chainStoreSuite('MongoDB with groups of three entries, one at a time, and little memory of tails', onServer({ maxGroupEntries: 3, maxBulks: 1, knownTails: 1 }));
