import { afterAll, beforeAll } from '@jest/globals';
import { busSuite, type NatsServer, startNatsServer } from '@tollkeeper/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JetStreamBus } from './jet-stream-bus.js';

let folder: string;
let server: NatsServer;
let fixtures = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bus-jetstream-'));
  server = await startNatsServer({ folder });
});

afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

busSuite('JetStream', async ({ maxBacklogBytes }) => {
  const prefix = `suite-${++fixtures}`;
  let bus: JetStreamBus | undefined;
  return {
    open: async () => (bus = await JetStreamBus.open({ servers: server.address, prefix, maxBacklogBytes, ackWaitMs: 1_500 })),
    async crash() {
      // The server is killed, and with it ends what the process knows: nothing can be given back any more.
      await server.kill();
      await bus?.close();
      await server.restart();
    },
    async dispose() {
      await bus?.close();
    },
  };
});
