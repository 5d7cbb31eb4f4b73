import type { Bus, Delivery, Subscription, Topic } from '@tollkeeper/ports';
import { type BusReply, type BusRequest, toWireError, type Wire } from './messages.js';

export interface ServeBusOptions {
  readonly bus: Bus;
  readonly wire: Wire;
  /**
   * Topics of which this thread consumes what the other one publishes: their values are values again on this side. What is
   * published to any other topic stays bytes.
   */
  readonly topics: readonly Topic<unknown>[];
  /** Deliveries begin when this resolves; requests are served at once. */
  readonly ready?: Promise<void>;
}

/** Gives the bus of this thread to another one, in which `ThreadBus` stands at the other end of the wire. */
export function serveBus(options: ServeBusOptions): void {
  new BusServer(options);
}

/** A topic whose values cross over as they stand in the log. */
function bytesTopic(name: string, partitions: number): Topic<Uint8Array> {
  return { name, partitions, fromBytes: true, encode: (bytes) => bytes, decode: ownBytes };
}

/** A piece of a larger buffer would cross over with all of that buffer. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes);
}

class BusServer {
  private readonly topics = new Map<string, Topic<unknown>>();
  private readonly subscriptions = new Map<number, Promise<Subscription>>();
  private readonly deliveries = new Map<number, Delivery<Uint8Array>>();
  private readonly batches = new Map<number, { resolve(): void; reject(error: Error): void }>();
  private lastDelivery = 0;
  private lastBatch = 0;

  constructor(private readonly options: ServeBusOptions) {
    for (const topic of options.topics) this.topics.set(topic.name, topic);
    options.wire.listen((message) => this.take(message as BusRequest));
  }

  private take(request: BusRequest): void {
    switch (request.kind) {
      case 'publish':
        return this.answer(request.call, () => this.publish(request));
      case 'subscribe':
        this.subscriptions.set(request.subscription, this.subscribe(request));
        return;
      case 'handled':
        return this.handled(request.batch, request.failure);
      case 'outcomes':
        return this.settle(request);
      case 'stop':
        return this.answer(request.call, () => this.stop(request.subscription));
      case 'lag':
        return this.answer(request.call, () => this.options.bus.lag(bytesTopic(request.topic, request.partitions), request.group));
    }
  }

  private answer(call: number, work: () => Promise<number>): void {
    const reply = (message: BusReply) => this.options.wire.send(message);
    work().then(
      (value) => reply({ kind: 'done', call, value }),
      (error: unknown) => reply({ kind: 'failed', call, error: toWireError(error) }),
    );
  }

  private async publish({ topic: name, partitions, partition, messages }: BusRequest & { kind: 'publish' }): Promise<number> {
    const topic = this.topics.get(name) ?? bytesTopic(name, partitions);
    await this.options.bus.publish(
      topic,
      partition,
      messages.map(({ id, headers, bytes }) => ({ id, value: topic.decode(bytes), ...(headers ? { headers } : {}) })),
    );
    return 0;
  }

  private async subscribe({ subscription, topic: name, topicPartitions, group, partitions, maxInFlight }: BusRequest & { kind: 'subscribe' }): Promise<Subscription> {
    await this.options.ready;
    const topic = bytesTopic(name, topicPartitions);
    const options = { group, maxInFlight, ...(partitions ? { partitions } : {}) };
    return this.options.bus.subscribe(topic, options, (deliveries) => this.deliver(subscription, deliveries));
  }

  /** Resolves when the handler on the other side has returned. */
  private deliver(subscription: number, deliveries: readonly Delivery<Uint8Array>[]): Promise<void> {
    const batch = ++this.lastBatch;
    const crossing = deliveries.map((delivery) => {
      const key = ++this.lastDelivery;
      this.deliveries.set(key, delivery);
      const { id, headers, partition, redelivered } = delivery;
      return { key, id, headers, partition, redelivered, bytes: delivery.value };
    });
    // Copied, not handed over: the bytes may be somebody else's as well, and may be needed once more.
    this.options.wire.send({ kind: 'deliver', subscription, batch, deliveries: crossing } satisfies BusReply);
    return new Promise((resolve, reject) => this.batches.set(batch, { resolve, reject }));
  }

  private handled(batch: number, failure: string | undefined): void {
    const waiting = this.batches.get(batch);
    this.batches.delete(batch);
    if (failure === undefined) waiting?.resolve();
    else waiting?.reject(new Error(failure));
  }

  private settle({ acks, retries }: BusRequest & { kind: 'outcomes' }): void {
    for (const key of acks) {
      this.deliveries.get(key)?.ack();
      this.deliveries.delete(key);
    }
    for (const [key, delayMs] of retries) {
      this.deliveries.get(key)?.retry(delayMs);
      this.deliveries.delete(key);
    }
  }

  private async stop(subscription: number): Promise<number> {
    const known = this.subscriptions.get(subscription);
    this.subscriptions.delete(subscription);
    await (await known)?.stop();
    return 0;
  }
}
