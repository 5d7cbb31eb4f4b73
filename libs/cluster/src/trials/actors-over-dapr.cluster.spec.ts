import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Daprd, type OtlpSink, type RealServer, startDaprd, startOtlpSink, startPlacement, startScheduler } from '@tollkeeper/testing';
import { type ClusterUnderTest, startCluster } from './cluster.fixture.js';
import type { ServiceProcessUnderTest } from './service-process.fixture.js';
import { eventually, openShop, type Receipt, settled, type Shop, usageEvent } from './small-shop.fixture.js';

/** A process of rating, and the sidecar beside it. */
interface RatingPod {
  readonly appPort: number;
  readonly sidecar: Daprd;
  process: ServiceProcessUnderTest;
}

const devices = Array.from({ length: 20 }, (_, n) => `SE-${n}`);

let folder: string;
let placement: RealServer;
let scheduler: RealServer;
let cluster: ClusterUnderTest;
let left: RatingPod;
let right: RatingPod;
let shop: Shop;
let sink: OtlpSink;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-dapr-trial-'));
  [placement, scheduler] = await Promise.all([startPlacement({ folder }), startScheduler({ folder })]);
  sink = await startOtlpSink();
  cluster = await startCluster({ rating: 0 }, { env: { OTEL_EXPORTER_OTLP_ENDPOINT: sink.address, OTEL_BSP_SCHEDULE_DELAY: '100' } });
  [left, right] = await Promise.all([startPod(), startPod()]);
  shop = await openShop(cluster, 'daprgrid', devices);
}, 300_000);

afterAll(async () => {
  await cluster?.close();
  await Promise.all([left?.sidecar.stop(), right?.sidecar.stop()]);
  await Promise.all([placement?.stop(), scheduler?.stop(), sink?.close()]);
  await rm(folder, { recursive: true, force: true });
}, 120_000);

async function startPod(): Promise<RatingPod> {
  const appPort = await freePort();
  const sidecar = await startDaprd({ folder, appId: 'rating', appPort, placement, scheduler, watchApp: true });
  return { appPort, sidecar, process: await startRating(appPort, sidecar) };
}

async function startRating(appPort: number, sidecar: Daprd): Promise<ServiceProcessUnderTest> {
  const process = cluster.add('rating', { TOLLKEEPER_APP_PORT: String(appPort), DAPR_HTTP_PORT: String(sidecar.httpPort) });
  await process.started();
  await eventually(() => process.ready(), ({ status }) => status === 200);
  return process;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Sends one event for each device and waits until all are booked. */
async function bookAll(name: string): Promise<Receipt> {
  const events = devices.map((device) => usageEvent(device, name, '2026-01-01T00:00:00Z', '1'));
  const { id } = await shop.client.post<Receipt>('/v1/usage', events);
  return settled(shop.client, id);
}

const booked = { booked: devices.length, duplicate: 0 };

/** How many actors Dapr says that the app beside this sidecar hosts. */
async function activeAt({ sidecar }: RatingPod): Promise<number> {
  const response = await fetch(`${sidecar.address}/v1.0/metadata`);
  const { actorRuntime } = (await response.json()) as { actorRuntime?: { activeActors?: readonly { type: string; count?: number }[] } };
  return actorRuntime?.activeActors?.find(({ type }) => type === 'device-account')?.count ?? 0;
}

describe('device accounts as Dapr actors', () => {
  it('are shared by the processes of rating, which say when Dapr is away', async () => {
    expect(await bookAll('a-001')).toMatchObject(booked);
    expect(await Promise.all([activeAt(left), activeAt(right)])).toEqual([expect.any(Number), expect.any(Number)]);
    expect(await activeAt(left)).toBeGreaterThan(0);
    expect(await activeAt(right)).toBeGreaterThan(0);
    expect(await left.process.ready()).toMatchObject({ status: 200, checks: { dapr: 'ok' } });
    await left.sidecar.kill();
    expect(await left.process.ready()).toMatchObject({ status: 503, checks: { dapr: expect.stringContaining('ECONNREFUSED') } });
    await left.sidecar.restart();
    await eventually(() => left.process.ready(), ({ status }) => status === 200);
    expect(await bookAll('a-002')).toMatchObject(booked);
  });

  it('write what a request led to in the trace of that request, whichever process hosts the account', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await fetch(`${cluster.of('gateway')[0]?.address}/v1/usage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${shop.apiKey}`, 'content-type': 'application/cloudevents-batch+json', traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      body: JSON.stringify(devices.map((device) => usageEvent(device, 'a-traced', '2026-01-01T00:30:00Z', '0'))),
    });
    expect(answer.status).toBe(202);
    const ofTrace = () => sink.spans.filter((span) => span.traceId === traceId);
    await eventually(() => Promise.resolve(ofTrace().map(({ name, attributes }) => [name, attributes['tollkeeper.entry.kinds']])), (seen) => seen.some(([name, kinds]) => name === 'append chains' && String(kinds).includes('device.usage_posted')));
  });

  it('are booked on by the other process while one and its sidecar are gone', async () => {
    right.process.signal('SIGKILL');
    await right.sidecar.kill();
    for (const name of ['b-001', 'b-002', 'b-003']) expect(await bookAll(name)).toMatchObject(booked);
    cluster.processes.splice(cluster.processes.indexOf(right.process), 1);
    await right.sidecar.restart();
    right.process = await startRating(right.appPort, right.sidecar);
    expect(await bookAll('b-004')).toMatchObject(booked);
  });

  it('move on in time when a process ends as it is asked to', async () => {
    const name = (n: number) => `c-${String(n).padStart(3, '0')}`;
    let ended: number | NodeJS.Signals | undefined;
    const end = left.process.stop().then((how) => (ended = how));
    let sent = 0;
    for (; ended === undefined || sent < 3; sent++) expect(await bookAll(name(sent))).toMatchObject(booked);
    expect(await end).toBe(0);
    cluster.processes.splice(cluster.processes.indexOf(left.process), 1);
    const total = String(2 + 4 + sent);
    for (const device of devices) {
      await eventually(() => shop.client.get<{ readonly lines?: unknown; readonly balance: string }>(`/v1/devices/${device}/account`), ({ balance }) => balance === String(2 * Number(total)));
    }
    expect(await shop.client.get('/v1/chains/verify', { limit: 100 })).toMatchObject({ faults: [] });
  });
});
