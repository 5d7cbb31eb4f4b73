import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { metrics } from '@opentelemetry/api';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import { useTracer } from '@tollkeeper/nest-kit';
import type { View } from '@tollkeeper/ports';
import type { ReceiptDocument } from '../store/views.js';
import { newReceiptDocument } from './receipt-document.js';
import { UnsettledReceipts } from './unsettled-receipts.js';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] });

beforeAll(() => {
  metrics.setGlobalMeterProvider(provider);
  useTracer(new TracerProvider({}).getTracer('test'));
});

afterAll(async () => {
  useTracer(undefined);
  metrics.disable();
  await provider.shutdown();
});

async function measured(): Promise<unknown> {
  exporter.reset();
  await provider.forceFlush();
  return exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics[0]?.dataPoints[0]?.value;
}

describe('dead receipts', () => {
  it('are those that nobody has settled within an hour, whichever process settles the others', async () => {
    let now = 0;
    const stored = new Map<string, ReceiptDocument>();
    const view = { getMany: (ids: readonly string[]) => Promise.resolve(ids.map((id) => stored.get(id))) } as unknown as View<ReceiptDocument>;
    const unsettled = new UnsettledReceipts({ now: () => now }, view);
    const receipts = ['lost', 'settled-here', 'settled-elsewhere'].map((id) => newReceiptDocument('ten_1', id, '2026-01-01'));
    unsettled.heardOf(receipts);
    unsettled.heardOf(receipts.filter(({ id }) => id === 'settled-here').map((receipt) => ({ ...receipt, settledMs: 1 })));
    for (const receipt of receipts) stored.set(receipt.id, { ...receipt, settledMs: receipt.id === 'settled-elsewhere' ? 1 : 0 });
    now = 3_599_999;
    expect(await measured()).toBe(0);
    now = 3_600_000;
    expect(await measured()).toBe(1);
    unsettled.stop();
  });
});
