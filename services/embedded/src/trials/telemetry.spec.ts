import { afterAll, describe, expect, it, jest } from '@jest/globals';
import { type OtlpSink, startOtlpSink } from '@tollkeeper/testing';
import { type EmbeddedProcess, newFolder, runForTest, startForTest } from './embedded-process.fixture.js';
import { eventually, settledReceipt } from './eventually.fixture.js';
import { newCustomer, newSeller, newTenant, putMeter, putPrices, usageEvent } from './small-tenant.fixture.js';

jest.setTimeout(90_000);

const root = newFolder('telemetry');
const closing: (() => Promise<unknown>)[] = [];

afterAll(async () => {
  for (const close of closing.reverse()) await close();
  root.remove();
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const callersSpan = '00f067aa0ba902b7';

/** The platform, telling the sink everything soon. */
async function startObserved(sink: OtlpSink): Promise<EmbeddedProcess> {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: sink.address, OTEL_BSP_SCHEDULE_DELAY: '50', OTEL_METRIC_EXPORT_INTERVAL: '200' };
  const platform = await startForTest(`${root.path}/data`, { env });
  closing.push(() => platform.stop());
  return platform;
}

/** A device whose account closes by itself at ten kronor. */
async function shopWithThreshold(platform: EmbeddedProcess) {
  const tenant = await newTenant(platform, 'observed');
  await putMeter(tenant.client, 'energy_kwh');
  await putPrices(tenant.client, 'trial', 'SEK', [{ meter: 'energy_kwh', price: { model: 'per_unit', unit_price: '2.50' } }]);
  const { brand } = await newSeller(tenant.client);
  await newCustomer(tenant.client, { brand, devices: ['EVSE-PRIVATE-1'], priceLists: ['trial'], contract: { hold: { threshold: '10' } } });
  return tenant;
}

describe('telemetry', () => {
  it('shows one trace from a request with usage, over both threads, to the invoice that it led to, and measures', async () => {
    const sink = await startOtlpSink();
    closing.push(() => sink.close());
    const platform = await startObserved(sink);
    const { client, apiKey } = await shopWithThreshold(platform);

    const answer = await fetch(`${platform.address}/v1/usage`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/cloudevents-batch+json', traceparent: `00-${traceId}-${callersSpan}-01` },
      body: JSON.stringify([usageEvent('EVSE-PRIVATE-1', 'e1', '2026-01-01T00:00:00Z', 'energy_kwh', '40')]),
    });
    expect([answer.status, answer.headers.get('traceparent')?.slice(3, 35)]).toEqual([202, traceId]);
    const { id } = (await answer.json()) as { readonly id: string };
    expect(await settledReceipt<{ readonly status: string }>(client, id)).toMatchObject({ status: 'settled' });

    const ofTrace = () => sink.spans.filter((span) => span.traceId === traceId);
    const kinds = () => ofTrace().flatMap(({ service, attributes }) => (attributes['tollkeeper.entry.kinds'] as readonly string[] | undefined)?.map((kind) => `${service} ${kind}`) ?? []);
    await eventually(() => Promise.resolve(kinds()), (seen) => seen.some((kind) => kind.includes(' series.')));

    const wanted = [
      'tollkeeper-embedded: POST /v1/usage',
      'tollkeeper-embedded: tollkeeper.ingestion.v1.IngestionService/AcceptUsage',
      'tollkeeper-embedded: send usage',
      'tollkeeper-rating: process usage',
      'tollkeeper-rating: book pages',
      'tollkeeper-rating: append chains',
      'tollkeeper-rating: send facts',
      'tollkeeper-embedded: process facts',
      'tollkeeper-embedded: process intake',
    ];
    const missing = () => {
      const names = new Set(ofTrace().map(({ service, name }) => `${service}: ${name}`));
      return wanted.filter((name) => !names.has(name));
    };
    await eventually(() => Promise.resolve(missing()), (names) => names.length === 0);
    expect(new Set(ofTrace().map(({ service }) => service))).toEqual(new Set(['tollkeeper-embedded', 'tollkeeper-rating']));
    expect(kinds()).toEqual(expect.arrayContaining(['tollkeeper-rating device.usage_posted', 'tollkeeper-rating device.closed']));
    const first = ofTrace().find(({ name }) => name === 'POST /v1/usage');
    expect(first).toMatchObject({ parentSpanId: callersSpan, attributes: { 'http.request.method': 'POST', 'http.route': '/v1/usage', 'http.response.status_code': 202 } });
    const orphans = () => {
      const known = new Set([callersSpan, ...ofTrace().map(({ spanId }) => spanId)]);
      return ofTrace().filter(({ parentSpanId }) => !known.has(parentSpanId)).map(({ name }) => name);
    };
    await eventually(() => Promise.resolve(orphans()), (names) => names.length === 0);
    expect(JSON.stringify(sink.spans)).not.toMatch(/EVSE-PRIVATE|Anna Berg|Ekvägen/);

    const values = (name: string) => sink.points.filter((point) => point.name === name);
    await eventually(() => Promise.resolve(values('tollkeeper.usage.events').length), (count) => count > 0);
    expect(values('tollkeeper.usage.events')[0]).toMatchObject({ unit: '{event}', value: 1, attributes: { 'tollkeeper.outcome': 'booked' } });
    expect(values('tollkeeper.receipts.dead').at(-1)).toMatchObject({ unit: '{receipt}', value: 0 });
    await eventually(() => Promise.resolve(values('tollkeeper.facts').map(({ attributes }) => attributes['tollkeeper.fact'])), (facts) => facts.includes('invoice_issued'));
    expect(values('tollkeeper.usage.lag')[0]).toMatchObject({ service: 'tollkeeper-rating', unit: '{message}' });
    expect(values('tollkeeper.usage.pages.open')[0]).toMatchObject({ unit: '{page}' });
    expect(values('tollkeeper.usage.unacknowledged.age')[0]).toMatchObject({ unit: 's' });
    expect(values('http.server.request.duration').find(({ attributes }) => attributes['http.route'] === '/v1/usage')).toMatchObject({ unit: 's', value: 1 });
  });

  it('refuses an address of a collector that is none, by the name of its variable', async () => {
    const ended = await runForTest(['--data', `${root.path}/never`, '--port', '0'], { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector' });
    expect([ended.code, ended.complaints]).toEqual([2, expect.stringMatching(/^tollkeeper: OTEL_EXPORTER_OTLP_ENDPOINT .*http:\/\/collector:4318/)]);
  });
});
