import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type DescMethodUnary } from '@bufbuild/protobuf';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { tenantV1 } from '@tollkeeper/contracts';
import { ServiceClient, TenantClocks } from '@tollkeeper/nest-kit';
import { type RealServer, startNatsServer } from '@tollkeeper/testing';
import { machineClock, machineTimers } from '../process/machine.js';
import { NatsRequestClient } from './nats-request.client.js';
import { NatsRequestServer } from './nats-request.server.js';
import { moduleOf, serviceTransportSuite } from './service-transport.fixture.js';
import { defaultRequestLimits, type RequestLimits, type RequestPorts } from './wire.js';

const { getTenant } = tenantV1.TenantService.method;
const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
const quick: RequestLimits = { ...defaultRequestLimits, workingEveryMs: 50, silenceMs: 250, noServerMs: 400 };

let folder: string;
let nats: RealServer;
let open: NatsConnection[] = [];
let apps: INestMicroservice[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-requests-'));
  nats = await startNatsServer({ folder });
});

afterAll(async () => {
  await nats.stop();
  await rm(folder, { recursive: true, force: true });
});

async function aProcess(limits = quick): Promise<RequestPorts> {
  const connection = await connect({ servers: nats.address, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
  open.push(connection);
  return { connection, clock: machineClock, timers: machineTimers, clocks: new TenantClocks(machineClock), limits };
}

async function closeAll(): Promise<void> {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  await Promise.all(open.splice(0).map((connection) => connection.close()));
}

serviceTransportSuite('requests over NATS', async () => {
  const [server, client] = [await aProcess(), await aProcess()];
  const proxy = new NatsRequestClient(client);
  return { server: () => new NatsRequestServer(server, 'tenant'), client: () => proxy, close: closeAll };
});

describe('requests between replicas', () => {
  beforeEach(() => {
    open = [];
    apps = [];
  });
  afterEach(closeAll);

  const replica = async (answer: () => unknown, limits = quick): Promise<{ readonly app: INestMicroservice; readonly ports: RequestPorts }> => {
    const ports = await aProcess(limits);
    const app = await NestFactory.createMicroservice(moduleOf([[getTenant as DescMethodUnary, answer]]), { strategy: new NatsRequestServer(ports, 'tenant'), logger: false });
    apps.push(app);
    await app.listen();
    await ports.connection.flush();
    return { app, ports };
  };
  const caller = async (limits = quick) => {
    const ports = await aProcess(limits);
    return { ports, client: new ServiceClient(new NatsRequestClient(ports), { clock: machineClock, timers: machineTimers, timeoutOf: () => 5_000 }) };
  };
  const named = (name: string) => () => create(tenantV1.TenantSchema, { name });

  it('go to one replica each, and to all of them in turn', async () => {
    await replica(named('a'));
    await replica(named('b'));
    const { client } = await caller();
    const answers = await Promise.all(Array.from({ length: 60 }, () => client.call(getTenant, { id: 'ten_1' })));
    expect(new Set(answers.map(({ name }) => name))).toEqual(new Set(['a', 'b']));
    expect(answers).toHaveLength(60);
  });

  it('find the replica that starts a moment later', async () => {
    const { client } = await caller({ ...quick, noServerMs: 5_000 });
    const answer = client.call(getTenant, { id: 'ten_1' });
    await pause(300);
    await replica(named('late'));
    expect(await answer).toMatchObject({ name: 'late' });
  });

  it('are sent again to another replica when the first one dies over them', async () => {
    const dying = await replica(() => {
      // As a killed process: its connection is gone, and it says nothing any more.
      void dying.ports.connection.close();
      return new Promise(() => undefined);
    });
    const { client } = await caller();
    const answer = client.call(getTenant, { id: 'ten_1' });
    await replica(named('survivor'));
    expect(await answer).toMatchObject({ name: 'survivor' });
    apps = apps.filter((app) => app !== dying.app);
  });

  it('wait for a replica that works longer than the silence that means death', async () => {
    let asked = 0;
    await replica(async () => {
      asked++;
      await pause(800);
      return named('slow')();
    });
    const { client } = await caller();
    expect(await client.call(getTenant, { id: 'ten_1' })).toMatchObject({ name: 'slow' });
    expect(asked).toBe(1);
  });

  it('are answered by a replica that closes, and then go to the others', async () => {
    const first = await replica(async () => {
      await pause(300);
      return named('first')();
    });
    const { client } = await caller();
    const answers = Array.from({ length: 20 }, () => client.call(getTenant, { id: 'ten_1' }));
    await pause(100);
    await replica(named('second'));
    await first.app.close();
    apps = apps.filter((app) => app !== first.app);
    expect(await Promise.all(answers)).toHaveLength(20);
    expect(await client.call(getTenant, { id: 'ten_1' })).toMatchObject({ name: 'second' });
  });

  it('are refused by a replica that has its hands full, with the time to try again', async () => {
    await replica(() => pause(300).then(named('busy')), { ...quick, mostInHand: 2 });
    const { client } = await caller();
    const results = await Promise.allSettled(Array.from({ length: 5 }, () => client.call(getTenant, { id: 'ten_1' })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
    expect(results.filter(({ status }) => status === 'rejected')[0]).toMatchObject({ reason: { code: 'unavailable', extra: { retryAfterS: 1 } } });
  });

  it('tell a message that is too large for any number of parts', async () => {
    await replica(named('a'));
    const { client } = await caller({ ...quick, messageBytes: 1_000 });
    await expect(client.call(getTenant, { id: 'x'.repeat(2_000) })).rejects.toMatchObject({ code: 'payload_too_large' });
  });

  it('go on by themselves when the broker was away', async () => {
    await replica(named('a'));
    const { client } = await caller({ ...quick, silenceMs: 1_000, noServerMs: 10_000, mostAttempts: 20 });
    expect(await client.call(getTenant, { id: 'ten_1' })).toMatchObject({ name: 'a' });
    await nats.kill();
    const meanwhile = client.call(getTenant, { id: 'ten_1' });
    await pause(300);
    await nats.restart();
    expect(await meanwhile).toMatchObject({ name: 'a' });
  });

  it('carry a sandbox’s present moment', async () => {
    const { ports } = await replica(named('a'));
    const { client, ports: asking } = await caller();
    const now = Date.parse('2031-05-01T00:00:00Z');
    asking.clocks.advance('ten_1', now);
    await client.call(getTenant, { tenantId: 'ten_1', id: 'ten_1' });
    expect(ports.clocks.now('ten_1')).toBe(now);
  });
});
