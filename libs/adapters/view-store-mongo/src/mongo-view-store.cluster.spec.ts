import { afterAll, beforeAll } from '@jest/globals';
import type { ViewStore } from '@tollkeeper/ports';
import { viewStoreSuite, startMongoServer, type RealServer, type StorageFixture } from '@tollkeeper/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MongoViewStore } from './mongo-view-store.js';

let folder: string;
let server: RealServer;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'views-mongo-'));
  server = await startMongoServer({ folder });
}, 60_000);

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

async function onServer(): Promise<StorageFixture<ViewStore>> {
  const database = `views-${++databases}`;
  let store: ViewStore | undefined;
  return {
    open: async () => (store = await MongoViewStore.open({ url: server.address, database })),
    async crash() {
      await server.kill();
      await store?.close();
      await server.restart();
    },
    async dispose() {
      await store?.close();
    },
  };
}

viewStoreSuite('MongoDB', onServer);
