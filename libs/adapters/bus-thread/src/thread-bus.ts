import type { Bus, BusMessage, Delivery, SubscribeOptions, Subscription, Topic } from '@tollkeeper/ports';
import { type BusReply, type BusRequest, fromWireError, ownBuffers, type Wire, type WireDelivery } from './messages.js';

type Handler = (deliveries: readonly Delivery<unknown>[]) => void | Promise<void>;
type RequestWithCall = Extract<BusRequest, { readonly call: number }>;
/** A request without the number of its call. */
type Ask<R extends RequestWithCall = RequestWithCall> = R extends RequestWithCall ? Omit<R, 'call'> : never;

/**
 * The bus of another thread. What is durable there when `publish` resolves is durable; acknowledgements cross over in groups,
 * and those that are lost with the thread come again.
 */
export class ThreadBus implements Bus {
  private readonly calls = new Map<number, { resolve(value: number): void; reject(error: Error): void }>();
  private readonly handlers = new Map<number, { readonly topic: Topic<unknown>; readonly handler: Handler }>();
  private readonly running = new Map<number, Set<Promise<void>>>();
  private lastCall = 0;
  private lastSubscription = 0;
  private acks: number[] = [];
  private retries: [number, number][] = [];
  private closed = false;

  constructor(private readonly wire: Wire) {
    wire.listen((message) => this.take(message as BusReply));
  }

  async publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void> {
    if (this.closed) throw new Error('the bus is closed');
    const crossing = messages.map(({ id, headers, value }) => ({ id, headers, bytes: topic.encode(value) }));
    await this.ask({ kind: 'publish', topic: topic.name, partitions: topic.partitions, partition, messages: crossing }, ownBuffers(crossing));
  }

  subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handler: (deliveries: readonly Delivery<T>[]) => void | Promise<void>): Subscription {
    if (this.closed) throw new Error('the bus is closed');
    const { group, maxInFlight, partitions } = options;
    if (maxInFlight < 1) throw new RangeError(`group ${group} of ${topic.name}: maxInFlight must be at least 1`);
    const subscription = ++this.lastSubscription;
    this.handlers.set(subscription, { topic, handler: handler as Handler });
    this.running.set(subscription, new Set());
    this.send({ kind: 'subscribe', subscription, topic: topic.name, topicPartitions: topic.partitions, group, partitions, maxInFlight });
    let stopped: Promise<void> | undefined;
    return { stop: () => (stopped ??= this.stop(subscription)) };
  }

  lag(topic: Topic<unknown>, group: string): Promise<number> {
    return this.ask({ kind: 'lag', topic: topic.name, partitions: topic.partitions, group });
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await Promise.all([...this.handlers.keys()].map((subscription) => this.stop(subscription)));
  }

  private send(request: BusRequest, transfer: readonly ArrayBuffer[] = []): void {
    // What was acknowledged before this is said before it.
    this.sendOutcomes();
    this.wire.send(request, transfer);
  }

  private ask(request: Ask, transfer: readonly ArrayBuffer[] = []): Promise<number> {
    const call = ++this.lastCall;
    return new Promise((resolve, reject) => {
      this.calls.set(call, { resolve, reject });
      this.send({ ...request, call }, transfer);
    });
  }

  private async stop(subscription: number): Promise<void> {
    const running = this.running.get(subscription);
    this.handlers.delete(subscription);
    if (running) await Promise.all(running);
    this.running.delete(subscription);
    await this.ask({ kind: 'stop', subscription });
  }

  private take(reply: BusReply): void {
    switch (reply.kind) {
      case 'done':
      case 'failed': {
        const call = this.calls.get(reply.call);
        this.calls.delete(reply.call);
        if (reply.kind === 'done') call?.resolve(reply.value);
        else call?.reject(fromWireError(reply.error));
        return;
      }
      case 'deliver': {
        const done = this.handOut(reply.subscription, reply.deliveries).then(
          () => this.send({ kind: 'handled', batch: reply.batch, failure: undefined }),
          (error: unknown) => this.send({ kind: 'handled', batch: reply.batch, failure: error instanceof Error ? error.message : String(error) }),
        );
        const running = this.running.get(reply.subscription);
        running?.add(done);
        void done.finally(() => running?.delete(done));
        return;
      }
    }
  }

  private async handOut(subscription: number, crossed: readonly WireDelivery[]): Promise<void> {
    const known = this.handlers.get(subscription);
    // Stopped meanwhile: they stay unacknowledged, and the next consumer gets them.
    if (!known) return;
    await known.handler(crossed.map((one) => this.toDelivery(one, known.topic)));
  }

  private toDelivery({ key, id, headers, partition, redelivered, bytes }: WireDelivery, topic: Topic<unknown>): Delivery<unknown> {
    let answered = false;
    const once = (answer: () => void) => {
      if (answered) return;
      answered = true;
      if (this.acks.length === 0 && this.retries.length === 0) queueMicrotask(() => this.sendOutcomes());
      answer();
    };
    return {
      id,
      partition,
      redelivered,
      value: topic.decode(bytes),
      ...(headers ? { headers } : {}),
      ack: () => once(() => this.acks.push(key)),
      retry: (delayMs) => once(() => this.retries.push([key, delayMs])),
    };
  }

  private sendOutcomes(): void {
    if (this.acks.length === 0 && this.retries.length === 0) return;
    const { acks, retries } = this;
    this.acks = [];
    this.retries = [];
    this.wire.send({ kind: 'outcomes', acks, retries } satisfies BusRequest);
  }
}
