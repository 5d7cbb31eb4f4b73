import { type NatsConnection, type NodeConnectionOptions, nuid } from '@nats-io/transport-node';
import { type Bus, type BusMessage, type Delivery, StoreUnavailable, type SubscribeOptions, type Subscription, type Timers, type Topic } from '@tollkeeper/ports';
import { connectToNats } from './connection.js';
import { JetStreamApi } from './jet-stream-api.js';
import { JetStreamSubscription } from './jet-stream-subscription.js';
import { fromPartHeaderText } from './message.mapping.js';
import { PartitionPull } from './partition-pull.js';
import { PartitionShares } from './partition-shares.js';
import { Publisher } from './publisher.js';
import { StreamTrimmer } from './stream-trimmer.js';
import type { BatchHandler, SubscriptionSurroundings } from './subscription-surroundings.js';
import { systemTimers, within } from './system-timers.js';
import { TopicStreams } from './topic-streams.js';
import { textOf } from './failures.js';
import { ofConsumer, WireNames } from './wire-names.js';

export interface JetStreamBusOptions {
  /** Such as `nats://host:4222`; any server of the cluster leads to the others. */
  readonly servers: string | readonly string[];
  /** Names this process in the server's list of connections. */
  readonly name?: string;
  /** Credentials, TLS and the like. */
  readonly connection?: Omit<NodeConnectionOptions, 'servers' | 'name'>;
  /** Begins the names of streams and subjects: installations that share a NATS account differ in it. Default `tollkeeper`. */
  readonly prefix?: string;
  /** Copies of every stream, 1 or 3. Default 1. */
  readonly replicas?: number;
  /** Bytes of a topic that may wait for consumers before publishers are refused, headers included. Default 2 GiB. */
  readonly maxBacklogBytes?: number;
  /** A message of a consumer that is gone is delivered again after this. Default 30 s. */
  readonly ackWaitMs?: number;
  /** Messages of one partition that a group has and has not acknowledged, those that wait for a retry included. Default 10,000. */
  readonly maxAckPending?: number;
  /** Bytes of messages that each subscription keeps ready in memory, about. Default 32 MiB. */
  readonly maxReadyBytes?: number;
  /** A publication that is not acknowledged by then is rejected. Default 10 s. */
  readonly publishTimeoutMs?: number;
  /** How often each process looks whether something can be deleted. Default 5 s. */
  readonly trimEveryMs?: number;
  readonly timers?: Timers;
  /** A handler threw, a message cannot be read, the connection was lost: told to the operator; the bus goes on. */
  readonly onFault?: (fault: unknown) => void;
}

const apiTimeoutMs = 5_000;
const confirmMs = 1_000;
const drainMs = 3_000;
const defaultPayloadBytes = 1 << 20;

/** The bus of the cluster: a JetStream stream per topic, a subject per partition, a durable pull consumer per group and partition. */
export class JetStreamBus implements Bus {
  private readonly subscriptions = new Set<JetStreamSubscription>();
  /** Stopped, with messages that may still be acknowledged. */
  private readonly stopped = new Set<JetStreamSubscription>();
  private readonly trimming = new Map<string, () => void>();
  private readonly publications = new Set<Promise<void>>();
  private readonly timers: Timers;
  private readonly api: JetStreamApi;
  private readonly names: WireNames;
  private readonly streams: TopicStreams;
  private readonly trimmer: StreamTrimmer;
  private readonly publisher: Publisher;
  private epoch = 0;
  private isConnected = true;
  private closing: Promise<void> | undefined;

  private constructor(
    private readonly options: JetStreamBusOptions,
    private readonly connection: NatsConnection,
    names: WireNames,
  ) {
    this.timers = options.timers ?? systemTimers;
    this.api = new JetStreamApi(connection, apiTimeoutMs);
    this.names = names;
    const settings = {
      replicas: options.replicas ?? 1,
      maxBacklogBytes: options.maxBacklogBytes ?? 2 ** 31,
      ackWaitMs: this.ackWaitMs,
      maxAckPending: options.maxAckPending ?? 10_000,
    };
    this.streams = new TopicStreams(this.api, names, settings, this.timers);
    this.trimmer = new StreamTrimmer(this.api, names, () => this.epoch);
    this.publisher = new Publisher(this.api, this.streams, this.trimmer, {
      timers: this.timers,
      publishTimeoutMs: options.publishTimeoutMs ?? 10_000,
      maxPayloadBytes: () => this.maxPayloadBytes,
    });
    void this.watchConnection();
  }

  /** @throws NatsServerUnfit, or the client's error when no server can be reached */
  static async open(options: JetStreamBusOptions): Promise<JetStreamBus> {
    const names = new WireNames(options.prefix ?? 'tollkeeper');
    const servers = typeof options.servers === 'string' ? options.servers : [...options.servers];
    const connection = await connectToNats({ ...options.connection, servers, name: options.name ?? 'tollkeeper' });
    return new JetStreamBus(options, connection, names);
  }

  /** Why the bus can do nothing now; undefined when it can. For the health of the process. */
  get trouble(): string | undefined {
    if (this.closing) return 'the bus is closed';
    return this.isConnected ? undefined : 'no connection to NATS';
  }

  /** Makes the stream of a topic and the consumers of its groups, so that none misses what is published before it starts. */
  async prepare(topic: Topic<unknown>, groups: readonly string[]): Promise<void> {
    await this.streams.ensure(topic.name);
    for (const group of groups) await this.streams.ensureGroup(topic.name, group, topic.partitions);
  }

  async publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void> {
    this.checkOpen();
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) {
      throw new RangeError(`topic ${topic.name} has no partition ${partition}, only 0 to ${topic.partitions - 1}`);
    }
    if (messages.length === 0) return;
    const publication = this.publisher.publish(topic, partition, messages);
    this.publications.add(publication);
    try {
      await publication;
    } finally {
      this.publications.delete(publication);
    }
  }

  subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handler: (deliveries: readonly Delivery<T>[]) => void | Promise<void>): Subscription {
    this.checkOpen();
    if (options.maxInFlight < 1) throw new RangeError(`group ${options.group} of ${topic.name}: maxInFlight must be at least 1`);
    const around = this.surroundingsOf(topic, options.group, () => {
      this.subscriptions.delete(subscription);
      this.stopped.add(subscription);
    });
    const subscription: JetStreamSubscription = new JetStreamSubscription(topic, options.group, options.partitions, options.maxInFlight, handler as BatchHandler, around);
    this.subscriptions.add(subscription);
    subscription.start();
    this.trimLater(topic.name);
    return subscription;
  }

  /** @throws StoreUnavailable when a consumer of the group does not answer now */
  async lag(topic: Topic<unknown>, group: string): Promise<number> {
    const stream = this.names.stream(topic.name);
    if (this.trouble !== undefined) throw new StoreUnavailable(`the lag of ${group} in ${stream} cannot be told: ${this.trouble}`);
    try {
      const own = [...this.subscriptions].filter((subscription) => subscription.topic.name === topic.name && subscription.group === group);
      await Promise.all(own.map((subscription) => subscription.settled()));
      const consumers = ((await this.streams.consumers(topic.name)) ?? []).filter(({ name }) => ofConsumer(name)?.group === group);
      if (consumers.length === 0) return (await this.api.streamInfo(stream))?.state.messages ?? 0;
      return consumers.reduce((lag, consumer) => lag + consumer.num_pending + consumer.num_ack_pending, 0);
    } catch (error) {
      throw new StoreUnavailable(`the lag of ${group} in ${stream} cannot be told now: ${textOf(error)}`, { cause: error });
    }
  }

  close(): Promise<void> {
    return (this.closing ??= this.end());
  }

  private async end(): Promise<void> {
    for (const cancel of this.trimming.values()) cancel();
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    await Promise.allSettled([...this.publications]);
    for (const subscription of this.stopped) subscription.giveBackAll();
    if (this.connection.isClosed()) return;
    // A drain without a connection would wait for one, and so would one to a server that hangs.
    if (this.isConnected) await within(this.timers, drainMs, this.connection.drain());
    await this.connection.close();
  }

  private get ackWaitMs(): number {
    return this.options.ackWaitMs ?? 30_000;
  }

  private get maxPayloadBytes(): number {
    return this.connection.info?.max_payload ?? defaultPayloadBytes;
  }

  private checkOpen(): void {
    if (this.closing) throw new Error('the bus is closed');
  }

  private surroundingsOf(topic: Topic<unknown>, group: string, stopped: () => void): SubscriptionSurroundings {
    const { api, connection, names, timers } = this;
    const stream = names.stream(topic.name);
    const members = names.members(topic.name, group);
    return {
      timers,
      ackWaitMs: this.ackWaitMs,
      maxReadyBytes: this.options.maxReadyBytes ?? 32 << 20,
      minPullBytes: () => 2 * this.maxPayloadBytes,
      prepare: () => this.streams.ensureAgain(topic.name).then(() => this.streams.ensureGroup(topic.name, group, topic.partitions)),
      consumerState: async (partition) => {
        const info = await api.consumer(stream, names.consumer(group, partition));
        return info && { hasDelivered: info.delivered.consumer_seq > 0, serverTimeMs: info.ts === undefined ? Date.now() : Date.parse(info.ts) };
      },
      pullOf: (partition, owner) => new PartitionPull(connection, api, timers, stream, names.consumer(group, partition), owner),
      sharesOf: (wants, owner) => new PartitionShares(connection, timers, members, nuid.next(), wants, owner),
      readPart: async (sequence, part) => {
        const stored = await api.message(stream, sequence);
        const found = stored && fromPartHeaderText(stored.headers);
        return found?.split === part.split && found.index === part.index ? stored?.data : undefined;
      },
      answer: (reply, text) => {
        if (!connection.isClosed()) connection.publish(reply, text);
      },
      confirm: async (reply) => {
        // Answers are taken in one after the other; one that changes nothing, but is replied to, comes behind the others.
        if (this.isConnected) await connection.request(reply, '+WPI', { timeout: confirmMs }).catch(() => undefined);
      },
      onFault: (fault) => this.options.onFault?.(fault),
      stopped,
    };
  }

  /** Every process that consumes a topic looks after its stream, each at its own time. */
  private trimLater(topic: string): void {
    this.trimming.get(topic)?.();
    const everyMs = (this.options.trimEveryMs ?? 5_000) * (0.75 + Math.random() / 2);
    const cancel = this.timers.after(everyMs, () => {
      this.trimmer
        .trim(topic)
        .catch((error: unknown) => this.options.onFault?.(error))
        .finally(() => {
          if (!this.closing) this.trimLater(topic);
        });
    });
    this.trimming.set(topic, cancel);
  }

  private async watchConnection(): Promise<void> {
    for await (const status of this.connection.status()) {
      if (status.type === 'disconnect') {
        this.isConnected = false;
        this.epoch++;
        this.options.onFault?.(new Error(`the connection to NATS (${status.server}) was lost; connecting again`));
      } else if (status.type === 'reconnect') {
        this.isConnected = true;
        this.epoch++;
        for (const subscription of this.subscriptions) subscription.reconnected();
      } else if (status.type === 'error') {
        this.options.onFault?.(status.error);
      }
    }
  }
}
