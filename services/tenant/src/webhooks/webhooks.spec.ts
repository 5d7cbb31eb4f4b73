import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { factsV1, type tenantV1 } from '@tollkeeper/contracts';
import { factsTopic, partitionOf } from '@tollkeeper/nest-kit';
import { Webhook } from 'standardwebhooks';
import { anna, eventually, openShop, svc, TenantWorld } from '../tenant-world.fixture.js';

interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly at: number;
}

/** Somebody who listens for webhooks, on this machine. */
class Listener {
  readonly received: Received[] = [];
  answer: (received: Received) => { code: number; headers?: Record<string, string> } | undefined = () => ({ code: 204 });
  private constructor(readonly server: Server) {}

  static async open(): Promise<Listener> {
    const listener: Listener = new Listener(
      createServer((request, response) => {
        let body = '';
        request.setEncoding('utf8');
        request.on('data', (text: string) => (body += text));
        request.on('end', () => {
          const received = { headers: request.headers, body, at: Date.now() };
          listener.received.push(received);
          const answer = listener.answer(received);
          if (answer) response.writeHead(answer.code, answer.headers).end('thank you');
        });
      }),
    );
    await new Promise<void>((resolve) => listener.server.listen(0, '127.0.0.1', resolve));
    return listener;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}/hooks`;
  }

  got(count: number): Promise<readonly Received[]> {
    return eventually(() => (this.received.length >= count ? this.received : undefined));
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

let world: TenantWorld;
let listener: Listener;
let tenantId: string;
let brandId: string;
beforeEach(async () => {
  world = await TenantWorld.open();
  listener = await Listener.open();
  const shop = await openShop(world);
  tenantId = shop.tenantId;
  brandId = shop.brand.id;
});
afterEach(async () => {
  await world.close();
  listener.close();
});

const subscribe = (events: string[] = [], cause = world.cause(), url = listener.url): Promise<tenantV1.WebhookEndpoint> =>
  world.ask(svc.createWebhookEndpoint, { tenantId, cause, endpoint: { url, events } });

let facts = 0;
async function tell(what: MessageInitShape<typeof factsV1.FactSchema>['what'], of = tenantId): Promise<string> {
  const id = `evt_${++facts}`;
  const value = create(factsV1.FactSchema, { id, tenantId: of, at: '2026-03-01T00:00:00.000Z', chain: 'c', n: 1, what });
  await world.ports.bus.publish(factsTopic, partitionOf(of, factsTopic.partitions), [{ id, value }]);
  return id;
}
const tellBlocked = (device = 'SE/1') =>
  tell({ case: 'deviceBlocked', value: { device, customerId: 'cus_1', reason: 'overdue', at: '2026-03-01T00:00:00.000Z' } });

const log = async (endpointId = '') => (await world.ask(svc.listWebhookDeliveries, { tenantId, endpointId, limit: 100 })).items;
const logged = (status: string) => eventually(async () => (await log()).find((delivery) => delivery.status === status));

describe('a webhook', () => {
  it('tells what happened, signed, in the words of the public API', async () => {
    const { secret } = await subscribe(['customer.registered']);
    const customer = await world.ask(svc.createCustomer, { tenantId, cause: 'c', customer: { ...anna, brandId } });
    const [received] = await listener.got(1);
    const headers: IncomingHttpHeaders = received?.headers ?? {};
    const body = received?.body ?? '';
    const payload: unknown = new Webhook(secret).verify(body, headers as Record<string, string>);
    expect(payload).toMatchObject({
      type: 'customer.registered',
      id: headers['webhook-id'],
      data: { id: customer.id, brand_id: brandId, kind: 'consumer', name: '' },
    });
    expect(body).not.toContain('Anna');
    expect(await logged('delivered')).toMatchObject({
      event: 'customer.registered',
      attempts: 1,
      lastStatusCode: 204,
      lastError: '',
      nextAttemptAt: '',
    });
  });

  it('of a block leaves within 200 ms, also when the endpoint is slow with a thousand others', async () => {
    await subscribe();
    listener.answer = ({ body }) => (body.includes('device.blocked') ? { code: 200 } : undefined);
    await Promise.all(Array.from({ length: 1_000 }, (_, i) => tell({ case: 'thresholdReached', value: { device: `d${i}` } })));
    await listener.got(8);
    const before = Date.now();
    await tellBlocked();
    const arrived = await eventually(() => listener.received.find(({ body }) => body.includes('device.blocked')));
    expect(arrived.at - before).toBeLessThan(200);
  });

  it('goes to the endpoints of its own tenant that want it, once each, however often the fact is told', async () => {
    const other = await openShop(world);
    await subscribe(['device.blocked']);
    await subscribe(['invoice.issued']);
    await world.ask(svc.createWebhookEndpoint, { tenantId: other.tenantId, cause: 'o', endpoint: { url: listener.url } });
    const id = await tellBlocked();
    const value = create(factsV1.FactSchema, {
      id,
      tenantId,
      at: '2026-03-01T00:00:00.000Z',
      what: { case: 'deviceBlocked', value: { device: 'SE/1' } },
    });
    await world.ports.bus.publish(factsTopic, partitionOf(tenantId, factsTopic.partitions), [{ id, value }]);
    await tell({ case: 'clockAdvanced', value: { tenantId } });
    await eventually(async () => ((await world.ports.bus.lag(factsTopic, 'tenant-webhooks')) === 0 ? true : undefined));
    await logged('delivered');
    expect(listener.received).toHaveLength(1);
    expect(await log()).toHaveLength(1);
  });

  it('is tried again after a failure, later each time, until it arrives', async () => {
    await subscribe();
    listener.answer = () => ({ code: 500 });
    await tellBlocked();
    const failed = await eventually(async () => (await log()).find(({ attempts }) => attempts === 1));
    expect(failed).toMatchObject({ status: 'pending', lastStatusCode: 500, lastError: expect.stringContaining('200 to 299') });
    expect(Date.parse(failed.nextAttemptAt) - world.time.now()).toBeLessThanOrEqual(6_000);
    listener.answer = () => ({ code: 200 });
    world.time.skip(6_100);
    expect(await logged('delivered')).toMatchObject({ attempts: 2 });
    const [first, second] = await listener.got(2);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    expect(second?.body).toBe(first?.body);
  });

  it('that failed before a restart is tried again after it', async () => {
    await subscribe();
    listener.answer = () => ({ code: 503 });
    await tellBlocked();
    await eventually(async () => (await log()).find(({ attempts }) => attempts === 1));
    await world.restart();
    listener.answer = () => ({ code: 200 });
    world.time.skip(6_100);
    expect(await logged('delivered')).toMatchObject({ attempts: 2 });
  });

  it('that another process was to send is left to it, and taken over when it does not', async () => {
    await subscribe();
    await tellBlocked();
    const delivered = await logged('delivered');
    const { deliveries } = world.context.views;
    const document = await deliveries.get(delivered.id);
    if (!document) throw new Error('the delivery is not there');
    await deliveries.put([{ ...document, id: 'dlv_other', version: 1, status: 'pending', attempts: 0, dueAt: world.time.now(), owner: 'gone' }]);
    const other = async () => (await log()).find(({ id }) => id === 'dlv_other');
    world.time.skip(14_000);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await other()).toMatchObject({ status: 'pending', attempts: 0 });
    world.time.skip(17_000);
    expect(await eventually(async () => ((await other())?.status === 'delivered' ? other() : undefined))).toMatchObject({ attempts: 1 });
  });

  it('gives up after ten attempts over two days, disables the endpoint, and a redelivery that arrives enables it', async () => {
    const endpoint = await subscribe();
    listener.answer = () => ({ code: 500 });
    await tellBlocked();
    for (let attempt = 1; attempt < 10; attempt++) {
      await eventually(async () => (await log()).find(({ attempts }) => attempts === attempt));
      world.time.skip(27 * 3_600_000);
    }
    const failed = await logged('failed');
    expect(failed).toMatchObject({ attempts: 10, nextAttemptAt: '' });
    const shown = () => world.ask(svc.listWebhookEndpoints, { tenantId }).then(({ items }) => items[0]);
    await eventually(async () => ((await shown())?.disabled ? true : undefined));
    expect(await shown()).toMatchObject({ id: endpoint.id, disabledReason: expect.stringContaining('10 attempts'), secret: '' });

    listener.answer = () => ({ code: 200 });
    const again = await world.ask(svc.redeliverWebhook, { tenantId, cause: 'again', id: failed.id });
    expect(again.status).toBe('pending');
    expect(await logged('delivered')).toMatchObject({ id: failed.id, attempts: 11 });
    await eventually(async () => ((await shown())?.disabled === false ? true : undefined));
    expect(await world.ask(svc.redeliverWebhook, { tenantId, cause: 'again', id: failed.id })).toMatchObject({
      attempts: 11,
      status: 'delivered',
    });
    expect(listener.received).toHaveLength(11);
  });

  it('follows no redirect, and goes no more to an endpoint that says it is gone', async () => {
    await subscribe();
    listener.answer = () => ({ code: 302, headers: { location: '/elsewhere' } });
    await tellBlocked();
    expect(await eventually(async () => (await log()).find(({ attempts }) => attempts === 1))).toMatchObject({
      lastStatusCode: 302,
      lastError: expect.stringContaining('redirect'),
    });
    listener.answer = () => ({ code: 410 });
    await tellBlocked('SE/2');
    await logged('failed');
    await eventually(async () =>
      (await world.ask(svc.listWebhookEndpoints, { tenantId })).items[0]?.disabled ? true : undefined,
    );
    expect(listener.received).toHaveLength(2);
  });

  it('says in the log why nobody was reached', async () => {
    const nobody = await Listener.open();
    const { url } = nobody;
    nobody.close();
    await subscribe([], 'n', url);
    await tellBlocked();
    expect(await eventually(async () => (await log()).find(({ attempts }) => attempts === 1))).toMatchObject({
      lastStatusCode: 0,
      lastError: expect.stringContaining('ECONNREFUSED'),
    });
  });
});

describe('a webhook endpoint', () => {
  it('is the same, with the same secret, for the same request, and is gone once deleted', async () => {
    const made = await subscribe([], 'w');
    expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await world.restart();
    expect(await subscribe([], 'w')).toEqual(made);
    await world.ask(svc.deleteWebhookEndpoint, { tenantId, cause: 'd', id: made.id });
    expect((await world.ask(svc.listWebhookEndpoints, { tenantId })).items).toEqual([]);
    await tellBlocked();
    await eventually(async () => ((await world.ports.bus.lag(factsTopic, 'tenant-webhooks')) === 0 ? true : undefined));
    expect(listener.received).toEqual([]);
  });

  it('of another tenant is not found, nor are its deliveries', async () => {
    const endpoint = await subscribe();
    await tellBlocked();
    const { id } = await logged('delivered');
    const other = (await openShop(world)).tenantId;
    expect(await world.refusal(svc.deleteWebhookEndpoint, { tenantId: other, cause: 'd', id: endpoint.id })).toMatchObject({
      code: 'not_found',
    });
    expect(await world.refusal(svc.redeliverWebhook, { tenantId: other, cause: 'r', id })).toMatchObject({ code: 'not_found' });
    expect((await world.ask(svc.listWebhookDeliveries, { tenantId: other, endpointId: endpoint.id })).items).toEqual([]);
  });

  it.each([
    'ftp://example.com',
    'https://user:pw@example.com',
    'not a url',
    'http://169.254.169.254/latest',
    'http://10.0.0.1',
    'http://0xa000001/',
    'http://[::ffff:192.168.0.1]/',
  ])('is refused with the address %s', async (url) => {
    expect(await world.refusal(svc.createWebhookEndpoint, { tenantId, cause: 'u', endpoint: { url } })).toMatchObject({
      code: 'invalid_request',
      extra: { param: 'url' },
    });
  });

  it('knows only events that there are', async () => {
    const endpoint = { url: listener.url, events: ['invoice.issued', 'invoice.eaten'] };
    expect(await world.refusal(svc.createWebhookEndpoint, { tenantId, cause: 'u', endpoint })).toMatchObject({
      extra: { param: 'events[1]' },
    });
  });

  it('by name is judged by the address that it resolves to', async () => {
    await world.close();
    world = await TenantWorld.open({ webhookTargets: 'public' });
    tenantId = (await openShop(world)).tenantId;
    await subscribe([], 'n', listener.url.replace('127.0.0.1', 'localhost'));
    await tellBlocked();
    expect(await eventually(async () => (await log()).find(({ attempts }) => attempts === 1))).toMatchObject({
      lastError: expect.stringContaining('public addresses only'),
    });
    expect(listener.received).toEqual([]);
  });
});
