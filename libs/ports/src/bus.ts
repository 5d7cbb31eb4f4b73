/** A named stream of values, split into partitions that keep their order on their own. */
export interface Topic<T> {
  readonly name: string;
  readonly partitions: number;
  /**
   * Asked of a subscription: every value is decoded from its bytes and none is the object that was published, so that waiting
   * messages are held as bytes.
   */
  readonly fromBytes?: boolean;
  encode(value: T): Uint8Array;
  decode(bytes: Uint8Array): T;
}

export interface BusMessage<T> {
  /** Names the message for logs and for economical de-duplication; never relied on for correctness. */
  readonly id: string;
  /** Read-only from here on: an adapter inside the process may hand this very object to the consumer. */
  readonly value: T;
  /** W3C trace context and the like. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Delivery<T> extends BusMessage<T> {
  readonly partition: number;
  /** True when the message may have been handed out before. */
  readonly redelivered: boolean;
  /** The work is durable: do not deliver again. Harmless when called twice. May be lost in a crash. */
  ack(): void;
  /** Deliver again, not before `delayMs` have passed. */
  retry(delayMs: number): void;
}

/** The log has no room for more: consumers are behind or the disk is full. Say 503 and try again after `retryAfterS`. */
export class BusFull extends Error {
  override readonly name = 'BusFull';
  constructor(
    message: string,
    readonly retryAfterS: number,
    /** What there is no room in: what may wait for consumers, or the storage itself. */
    readonly lacks: 'backlog' | 'storage' = 'backlog',
  ) {
    super(message);
  }
}

export interface SubscribeOptions {
  /** Consumers of one group share the messages; every group gets all of them, from the group's first subscription on (`earliest` kept message). */
  readonly group: string;
  /** Default: all partitions. */
  readonly partitions?: readonly number[];
  /** Messages handed out and not yet acknowledged, over all partitions of the subscription: back-pressure. */
  readonly maxInFlight: number;
}

export interface Subscription {
  /** Hands out nothing more; resolves when a running handler has returned. Unacknowledged messages are delivered again later. */
  stop(): Promise<void>;
}

/**
 * At-least-once batches. A message is handed out until it is acknowledged; order within a partition holds except for
 * redelivered messages. Conformance suite: `busSuite` in @tollkeeper/testing.
 */
export interface Bus {
  /**
   * Resolves when all messages are durable; calls that run at the same time share one sync. When it rejects, any of the
   * messages may have been kept.
   * @throws BusFull
   */
  publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void>;
  /**
   * The handler gets what is ready, in batches, and returns at once or after its work; it acknowledges each delivery
   * itself, whenever the work is durable. A handler that throws gets the batch again (with `redelivered`).
   */
  subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handler: (deliveries: readonly Delivery<T>[]) => void | Promise<void>): Subscription;
  /** Messages of the topic that the group has not acknowledged yet: the lag. */
  lag(topic: Topic<unknown>, group: string): Promise<number>;
  close(): Promise<void>;
}
