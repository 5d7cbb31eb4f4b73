import { afterAll, beforeAll } from '@jest/globals';
import { busSuite, type NatsServer, startNatsCluster } from '@tollkeeper/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JetStreamBus } from './jet-stream-bus.js';

let folder: string;
let servers: readonly NatsServer[];
let fixtures = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bus-jetstream-'));
  servers = await startNatsCluster({ folder });
}, 60_000);

afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true });
});

function addresses(): readonly string[] {
  return servers.map(({ address }) => address);
}

busSuite('JetStream with three copies', async ({ maxBacklogBytes }) => {
  const prefix = `suite-${++fixtures}`;
  let bus: JetStreamBus | undefined;
  return {
    open: async () => (bus = await JetStreamBus.open({ servers: addresses(), prefix, replicas: 3, maxBacklogBytes, ackWaitMs: 1_500 })),
    async dispose() {
      await bus?.close();
    },
  };
});
