import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ApiClient } from '@tollkeeper/api-client';
import { type ClusterUnderTest, startCluster } from './cluster.fixture.js';
import { eventually, openShop, type Receipt, settled, type Shop, usageEvent } from './small-shop.fixture.js';

let cluster: ClusterUnderTest;
let shop: Shop;

const devices = ['SE-1', 'SE-2', 'SE-3', 'SE-4'];

beforeAll(async () => {
  cluster = await startCluster({ gateway: 2, tenant: 2, ingestion: 2, rating: 2, invoicing: 2, receivables: 2, commissions: 2 });
  shop = await openShop(cluster, 'northgrid', devices);
}, 300_000);

afterAll(() => cluster?.close(), 120_000);

interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly total: string;
  readonly net: string;
  readonly reference: string;
}

const send = (client: ApiClient, events: readonly object[]) => client.post<Receipt>('/v1/usage', events);

describe('a process per service, two of each', () => {
  it('are all ready, and say so', async () => {
    for (const one of cluster.processes) expect(await one.ready()).toMatchObject({ status: 200, checks: { process: 'ok', nats: 'ok', jetstream: 'ok', mongodb: 'ok', consumers: 'ok' } });
  });

  it('take usage through any gateway, book each event once, and settle the receipts', async () => {
    const gateways = [shop.client, cluster.clientFor(shop.apiKey, 1)];
    const receipts = await Promise.all(
      devices.flatMap((device, d) =>
        gateways.map((client, g) => send(client, Array.from({ length: 25 }, (_, i) => usageEvent(device, `${g}-${String(i).padStart(3, '0')}`, `2026-01-01T00:0${d}:${String(i).padStart(2, '0')}Z`, '1')))),
      ),
    );
    for (const { id } of receipts) expect(await settled(shop.client, id)).toMatchObject({ received: 25, booked: 25, duplicate: 0 });
    const again = await send(shop.client, [usageEvent('SE-1', '0-003', '2026-01-01T00:00:03Z', '1')]);
    expect(await settled(shop.client, again.id)).toMatchObject({ booked: 0, duplicate: 1 });
    for (const device of devices) {
      expect(await shop.client.get(`/v1/devices/${encodeURIComponent(device)}/account`)).toMatchObject({ balance: '100' });
    }
  });

  it('go with the test clock at once, whichever process is asked', async () => {
    await shop.client.post('/v1/clock/advance', { to: '2026-02-02T00:00:00Z' });
    for (const gateway of [0, 1]) {
      const client = cluster.clientFor(shop.apiKey, gateway);
      expect(await client.get('/v1/clock')).toMatchObject({ now: '2026-02-02T00:00:00.000Z' });
      const { id } = await send(client, [usageEvent('SE-1', `feb-${gateway}`, '2026-02-01T12:00:00Z', '5')]);
      expect(await settled(client, id)).toMatchObject({ booked: 1 });
    }
  });

  it('invoice the month, take the payment, and prove every chain', async () => {
    const { client, entity, customer } = shop;
    const run = await client.post<{ readonly id: string }>('/v1/bill-runs', { billing_entity_id: entity, until: '2026-02-01T00:00:00+01:00' });
    const done = await eventually(() => client.get<{ readonly status: string }>(`/v1/bill-runs/${run.id}`), ({ status }) => status !== 'running');
    expect(done).toMatchObject({ status: 'done', invoices: 1, total: '500', failures: [] });
    const [invoice] = (await client.get<{ readonly items: readonly Invoice[] }>('/v1/invoices')).items;
    expect(invoice).toMatchObject({ number: 'SE2026-000001', net: '400.00', total: '500.00' });
    const owed = () => client.get<{ readonly balance: string }>(`/v1/customers/${customer}/account`);
    await eventually(owed, ({ balance }) => balance === '500');
    await client.post('/v1/payments', { amount: '500.00', currency: 'SEK', reference: invoice?.reference });
    await eventually(owed, ({ balance }) => balance === '0');
    expect(await client.get('/v1/chains/verify', { limit: 100 })).toMatchObject({ faults: [] });
  });

  it('go on while a process of each service is replaced, without an error at the edge', async () => {
    const replaced = (['rating', 'ingestion', 'tenant', 'receivables'] as const).map((service) => cluster.of(service)[0]);
    const receipts: string[] = [];
    let sending = true;
    const client = cluster.clientFor(shop.apiKey, 1);
    const load = (async () => {
      for (let i = 0; sending; i++) {
        const { id } = await send(client, [usageEvent('SE-2', `roll-${String(i).padStart(4, '0')}`, '2026-02-01T13:00:00Z', '1')]);
        receipts.push(id);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    })();
    const ends = [];
    for (const one of replaced) {
      if (!one) continue;
      const next = cluster.add(one.service);
      await next.started();
      ends.push(await one.stop());
      cluster.processes.splice(cluster.processes.indexOf(one), 1);
    }
    sending = false;
    await load;
    expect(ends).toEqual([0, 0, 0, 0]);
    for (const id of receipts) expect(await settled(client, id)).toMatchObject({ booked: 1 });
    expect(receipts.length).toBeGreaterThan(5);
  }, 180_000);

  it('are not ready while the store is away, and ready again by themselves', async () => {
    const [rating] = cluster.of('rating');
    await cluster.mongo.kill();
    const away = await eventually(async () => rating?.ready(), (answer) => answer?.status === 503);
    expect(away?.checks['mongodb']).not.toBe('ok');
    await cluster.mongo.restart();
    await eventually(async () => rating?.ready(), (answer) => answer?.status === 200);
    const { id } = await send(shop.client, [usageEvent('SE-3', 'after-the-store', '2026-02-01T14:00:00Z', '1')]);
    expect(await settled(shop.client, id)).toMatchObject({ booked: 1 });
  }, 120_000);

  it('come back by themselves when the broker was away, and know every test clock', async () => {
    await cluster.nats.kill();
    const [invoicing] = cluster.of('invoicing');
    const away = await eventually(async () => invoicing?.ready(), (answer) => answer?.status === 503);
    expect(away?.checks['jetstream']).not.toBe('ok');
    await cluster.nats.restart();
    for (const one of cluster.processes) await eventually(() => one.ready(), ({ status }) => status === 200);
    const { id } = await send(cluster.clientFor(shop.apiKey, 1), [usageEvent('SE-3', 'after-the-broker', '2026-02-01T15:00:00Z', '1')]);
    expect(await settled(shop.client, id)).toMatchObject({ booked: 1 });
  }, 120_000);

  it('are not ready first when they are asked to end, and end at once when they are asked again', async () => {
    const patient = cluster.add('commissions', { TOLLKEEPER_DRAIN_DELAY_MS: '60000' });
    await patient.started();
    patient.signal('SIGTERM');
    await eventually(() => patient.ready(), ({ status, checks }) => status === 503 && checks['process'] === 'stopping');
    patient.signal('SIGTERM');
    expect(await patient.ended).toBe(130);
    cluster.processes.pop();
  }, 60_000);

  it('end cleanly when they are asked to', async () => {
    const ends = await Promise.all(cluster.processes.splice(0).map(async (one) => [one.service, await one.stop()] as const));
    expect(ends.filter(([, code]) => code !== 0)).toEqual([]);
  }, 120_000);
});

describe('a process that cannot start', () => {
  it('names the settings that are wrong', async () => {
    const one = cluster.add('rating', { TOLLKEEPER_NATS_URL: 'nowhere', TOLLKEEPER_HEALTH_PORT: 'x' });
    expect(await one.ended).toBe(2);
    expect(one.said).toContain('TOLLKEEPER_NATS_URL is not an address like nats://nats:4222');
    expect(one.said).toContain('TOLLKEEPER_HEALTH_PORT is not a whole number');
    cluster.processes.splice(0);
  });
});
