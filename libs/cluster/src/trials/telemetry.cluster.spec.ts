import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type OtlpSink, startOtlpSink } from '@tollkeeper/testing';
import { type ClusterUnderTest, startCluster } from './cluster.fixture.js';
import { addCustomer, eventually, openShop, settled, type Shop, usageEvent } from './small-shop.fixture.js';

let sink: OtlpSink;
let cluster: ClusterUnderTest;
let shop: Shop;

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callersSpan = '00f067aa0ba902b7';
const device = 'EVSE-PRIVATE-1';

beforeAll(async () => {
  sink = await startOtlpSink();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.address, OTEL_BSP_SCHEDULE_DELAY: '100', OTEL_METRIC_EXPORT_INTERVAL: '500' };
  cluster = await startCluster({}, { env });
  shop = await openShop(cluster, 'observed', ['SE-1']);
  await addCustomer(shop.client, shop.brand, [device], { hold: { threshold: '10' } });
}, 300_000);

afterAll(async () => {
  await cluster?.close();
  await sink?.close();
}, 120_000);

const ofTrace = () => sink.spans.filter((span) => span.traceId === traceId);
const kinds = () => ofTrace().flatMap(({ service, attributes }) => (attributes['tollkeeper.entry.kinds'] as readonly string[] | undefined)?.map((kind) => `${service} ${kind}`) ?? []);

describe('telemetry of a process per service', () => {
  it('shows one trace from a request with usage, through the processes, to the invoice that it led to', async () => {
    const answer = await fetch(`${cluster.of('gateway')[0]?.address}/v1/usage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${shop.apiKey}`, 'content-type': 'application/cloudevents-batch+json', traceparent: `00-${traceId}-${callersSpan}-01` },
      body: JSON.stringify([usageEvent(device, 'e1', '2026-01-01T00:00:00Z', '40')]),
    });
    expect(answer.status).toBe(202);
    const { id } = (await answer.json()) as { readonly id: string };
    expect(await settled(shop.client, id)).toMatchObject({ booked: 1 });
    // Every process sends what it has done by itself.
    const said = ['gateway', 'ingestion', 'invoicing', 'rating', 'receivables'].map((service) => `tollkeeper-${service}`);
    await eventually(() => Promise.resolve(ofTrace().map(({ service }) => service)), (services) => said.every((service) => services.includes(service)));
    await eventually(() => Promise.resolve(kinds()), (seen) => seen.some((kind) => kind.startsWith('tollkeeper-receivables ')) && seen.includes('tollkeeper-rating device.closed'));

    expect(kinds()).toEqual(
      expect.arrayContaining(['tollkeeper-rating device.usage_posted', 'tollkeeper-rating device.closed', expect.stringMatching(/^tollkeeper-invoicing series\./), expect.stringMatching(/^tollkeeper-receivables customer\./)]),
    );
    const orphans = () => {
      const known = new Set([callersSpan, ...ofTrace().map(({ spanId }) => spanId)]);
      return ofTrace().filter(({ parentSpanId }) => !known.has(parentSpanId)).map(({ name }) => name);
    };
    await eventually(() => Promise.resolve(orphans()), (names) => names.length === 0);
    expect(ofTrace().find(({ name }) => name === 'process usage')).toMatchObject({ attributes: { 'messaging.system': 'nats', 'messaging.consumer.group.name': 'rating' } });
    expect(ofTrace().find(({ name }) => name === 'append chains')).toMatchObject({ attributes: { 'db.system.name': 'mongodb' } });
    expect(JSON.stringify(sink.spans)).not.toMatch(/EVSE-PRIVATE|Anna Berg|Ekvägen/);
  }, 120_000);

  it('measures how far rating is behind, and how events ended', async () => {
    const values = (name: string) => sink.points.filter((point) => point.name === name);
    await eventually(() => Promise.resolve(values('tollkeeper.usage.events').length), (count) => count > 0);
    expect(values('tollkeeper.usage.events')[0]).toMatchObject({ service: 'tollkeeper-ingestion', value: 1, attributes: { 'tollkeeper.outcome': 'booked' } });
    expect(values('tollkeeper.usage.lag').at(-1)).toMatchObject({ service: 'tollkeeper-rating', value: 0 });
    expect(values('http.server.request.duration')[0]).toMatchObject({ service: 'tollkeeper-gateway', unit: 's' });
  }, 60_000);
});
