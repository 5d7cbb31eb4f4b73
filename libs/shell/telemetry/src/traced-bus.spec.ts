import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentTrace, useTracer, withTrace } from '@tollkeeper/nest-kit';
import type { Bus, BusMessage, Delivery, Topic } from '@tollkeeper/ports';
import { InMemorySpanExporter, SimpleSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import { TracedBus } from './traced-bus.js';

const exporter = new InMemorySpanExporter();

beforeAll(() => useTracer(new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] }).getTracer('test')));
afterAll(() => useTracer(undefined));

const traceOf = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
const topic = (name: string): Topic<string> => ({ name, partitions: 1, encode: (text) => Buffer.from(text), decode: (bytes) => Buffer.from(bytes).toString() });

/** A bus that shows what is published and hands out what it is given. */
function openBus() {
  const published: BusMessage<unknown>[] = [];
  const handlers: ((deliveries: readonly Delivery<never>[]) => void | Promise<void>)[] = [];
  const bus: Bus = {
    publish: (_topic, _partition, messages) => Promise.resolve(void published.push(...messages)),
    subscribe: (_topic, _options, handler) => {
      handlers.push(handler);
      return { stop: () => Promise.resolve() };
    },
    lag: () => Promise.resolve(0),
    close: () => Promise.resolve(),
  };
  const fates: string[] = [];
  const deliver = (...messages: readonly (readonly [string, string?])[]) => {
    const deliveries = messages.map(([id, traceparent]) => ({
      id, value: id, partition: 0, redelivered: false, ...(traceparent === undefined ? {} : { headers: { traceparent } }),
      ack: () => void fates.push(`${id} done`),
      retry: (delayMs: number) => void fates.push(`${id} again in ${delayMs}`),
    }));
    return handlers[0]?.(deliveries as never);
  };
  return { traced: new TracedBus(bus, 'test'), published, fates, deliver };
}

const traceId = () => currentTrace()?.traceparent.slice(3, 35);

describe('the traced bus', () => {
  it('has messages carry the trace that they are published in, unless they say whose they are', async () => {
    const { traced, published } = openBus();
    await traced.publish(topic('usage'), 0, [{ id: 'a', value: 'a' }]);
    await withTrace({ traceparent: traceOf('1') }, () =>
      traced.publish(topic('usage'), 0, [{ id: 'b', value: 'b' }, { id: 'c', value: 'c', headers: { traceparent: traceOf('2') } }]),
    );
    expect(published.map(({ headers }) => headers?.['traceparent']?.slice(3, 35))).toEqual([undefined, '1'.repeat(32), '2'.repeat(32)]);
  });

  it('hands facts on trace by trace, in their order, and what has no trace without one', async () => {
    const { traced, deliver, fates } = openBus();
    const seen: unknown[] = [];
    traced.subscribe(topic('facts'), { group: 'g', maxInFlight: 9 }, (deliveries) => {
      seen.push([traceId(), deliveries.map(({ id }) => id)]);
      for (const delivery of deliveries) delivery.ack();
    });
    await withTrace({ traceparent: traceOf('9') }, () => deliver(['a', traceOf('1')], ['b', traceOf('1')], ['c'], ['d', traceOf('2')]));
    expect(seen).toEqual([['1'.repeat(32), ['a', 'b']], [undefined, ['c']], ['2'.repeat(32), ['d']]]);
    expect(fates).toEqual(['a done', 'b done', 'c done', 'd done']);
  });

  it('puts off what stands behind a fact that was put off, so that nothing overtakes it', async () => {
    const { traced, deliver, fates } = openBus();
    traced.subscribe(topic('facts'), { group: 'g', maxInFlight: 9 }, ([first]) => first?.retry(500));
    await deliver(['block', traceOf('1')], ['unblock', traceOf('2')]);
    expect(fates).toEqual(['block again in 500', 'unblock again in 500']);
  });

  it('works on usage of several traces at once, in a trace of its own that is linked to each', async () => {
    const { traced, deliver } = openBus();
    exporter.reset();
    const seen: unknown[] = [];
    traced.subscribe(topic('usage'), { group: 'rating', maxInFlight: 9 }, (deliveries) => void seen.push([traceId(), deliveries.length]));
    await deliver(['a', traceOf('1')], ['b', traceOf('2')]);
    const [span] = exporter.getFinishedSpans();
    expect(span?.links.map(({ context }) => context.traceId)).toEqual(['1'.repeat(32), '2'.repeat(32)]);
    expect(seen).toEqual([[span?.spanContext().traceId, 2]]);
    expect(span).toMatchObject({ name: 'process usage', parentSpanContext: undefined });
  });
});
