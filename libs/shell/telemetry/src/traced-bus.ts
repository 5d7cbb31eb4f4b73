import { SpanKind } from '@opentelemetry/api';
import { currentTrace, inSpan, originOf, type SpanDescription, traceIdOf, withoutTrace } from '@tollkeeper/nest-kit';
import type { Bus, BusMessage, Delivery, SubscribeOptions, Subscription, Topic } from '@tollkeeper/ports';

type Handler<T> = (deliveries: readonly Delivery<T>[]) => void | Promise<void>;

/**
 * Topics of which every message is worked on by itself: a batch is handed on trace by trace. Batches of the others are counted
 * and booked together, so that their work is linked to each of several traces.
 */
const workedOnOneByOne: ReadonlySet<string> = new Set(['facts']);

/** Messages carry the trace in which they were published, and are worked on in it. */
export class TracedBus implements Bus {
  constructor(
    private readonly bus: Bus,
    private readonly system: string,
  ) {}

  publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void> {
    if (!currentTrace()) return this.bus.publish(topic, partition, messages);
    const send = () => this.bus.publish(topic, partition, carrying(currentTrace()?.traceparent, messages));
    return inSpan(() => this.describe('send', topic.name, messages.length, { 'messaging.destination.partition.id': String(partition) }), send);
  }

  subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handler: Handler<T>): Subscription {
    const isOneByOne = workedOnOneByOne.has(topic.name);
    const process = (deliveries: readonly Delivery<T>[]) => this.process(topic.name, options.group, deliveries, handler);
    return this.bus.subscribe(topic, options, (deliveries) => (isOneByOne ? inRuns(runsOfOneTrace(deliveries), process) : process(deliveries)));
  }

  lag(topic: Topic<unknown>, group: string): Promise<number> {
    return this.bus.lag(topic, group);
  }

  close(): Promise<void> {
    return this.bus.close();
  }

  private async process<T>(topic: string, group: string, deliveries: readonly Delivery<T>[], handler: Handler<T>): Promise<void> {
    const traceparents = traceparentsOf(deliveries);
    // The bus may hand out in the middle of somebody's publish.
    if (traceparents.length === 0) return withoutTrace(() => handler(deliveries));
    const describe = () => this.describe('process', topic, deliveries.length, { 'messaging.consumer.group.name': group });
    return inSpan(describe, () => handler(deliveries), originOf(traceparents));
  }

  private describe(type: 'send' | 'process', topic: string, count: number, further: Readonly<Record<string, string>>): SpanDescription {
    return {
      name: `${type} ${topic}`,
      kind: type === 'send' ? SpanKind.PRODUCER : SpanKind.CONSUMER,
      attributes: {
        'messaging.system': this.system,
        'messaging.operation.type': type,
        'messaging.operation.name': type,
        'messaging.destination.name': topic,
        'messaging.batch.message_count': count,
        ...further,
      },
    };
  }
}

/** A message that says itself whose it is keeps that. */
function carrying<T>(traceparent: string | undefined, messages: readonly BusMessage<T>[]): readonly BusMessage<T>[] {
  if (traceparent === undefined) return messages;
  return messages.map((message) => (message.headers?.['traceparent'] ? message : { ...message, headers: { ...message.headers, traceparent } }));
}

function traceparentsOf(deliveries: readonly Delivery<unknown>[]): readonly string[] {
  const found = new Set<string>();
  for (const { headers } of deliveries) if (headers?.['traceparent'] !== undefined) found.add(headers['traceparent']);
  return [...found];
}

/** A handler that puts a message off may count on what stood behind it waiting as well: then the later runs are put off with it. */
async function inRuns<T>(runs: readonly (readonly Delivery<T>[])[], process: (run: readonly Delivery<T>[]) => Promise<void>): Promise<void> {
  const [only] = runs;
  if (only && runs.length === 1) return process(only);
  for (const [i, run] of runs.entries()) {
    const putOffs: number[] = [];
    await process(run.map((delivery) => new WatchedDelivery(delivery, (delayMs) => putOffs.push(delayMs))));
    if (putOffs.length === 0) continue;
    for (const later of runs.slice(i + 1).flat()) later.retry(Math.max(...putOffs));
    return;
  }
}

class WatchedDelivery<T> implements Delivery<T> {
  constructor(
    private readonly delivery: Delivery<T>,
    private readonly onRetry: (delayMs: number) => void,
  ) {}

  get id(): string {
    return this.delivery.id;
  }

  get value(): T {
    return this.delivery.value;
  }

  get headers(): Readonly<Record<string, string>> {
    return this.delivery.headers ?? {};
  }

  get partition(): number {
    return this.delivery.partition;
  }

  get redelivered(): boolean {
    return this.delivery.redelivered;
  }

  ack(): void {
    this.delivery.ack();
  }

  retry(delayMs: number): void {
    this.onRetry(delayMs);
    this.delivery.retry(delayMs);
  }
}

/** In the given order, cut where the trace changes. */
function runsOfOneTrace<T>(deliveries: readonly Delivery<T>[]): readonly (readonly Delivery<T>[])[] {
  const runs: Delivery<T>[][] = [];
  let last: string | undefined;
  for (const delivery of deliveries) {
    const traceId = traceIdOf(delivery.headers?.['traceparent'] ?? '');
    const run = runs.at(-1);
    if (run && traceId === last) run.push(delivery);
    else runs.push([delivery]);
    last = traceId;
  }
  return runs;
}
