import { AckPolicy, type ConsumerConfig, type ConsumerInfo, DeliverPolicy, DiscardPolicy, ReplayPolicy, RetentionPolicy, StorageType, type StreamConfig, type StreamInfo } from '@nats-io/jetstream';
import { nanos } from '@nats-io/transport-node';
import type { Timers } from '@tollkeeper/ports';
import { isPassing, JetStreamRefusal, StreamUnfit } from './failures.js';
import type { JetStreamApi } from './jet-stream-api.js';
import { waiting } from './system-timers.js';
import { ofConsumer, type WireNames } from './wire-names.js';

export interface StreamSettings {
  readonly replicas: number;
  readonly maxBacklogBytes: number;
  readonly ackWaitMs: number;
  readonly maxAckPending: number;
}

export interface GroupPartitions {
  /** Those included that the topic had before it was made smaller. */
  readonly all: readonly number[];
  /** Those that the group never had before. */
  readonly made: ReadonlySet<number>;
}

const nameTaken = 10058;
/** Attempts of one publication end before; the server remembers their names that long. */
const dedupeMs = 60_000;
const lookAgainMs = 500;
/** A consumer of several copies has a leader a moment after it was made, or lost the old one; a list that misses it takes 4 s to say so. */
const electionMs = 6_000;

/** Makes the streams of topics and the consumers of groups where they are missing, and sees that those that exist are fit. */
export class TopicStreams {
  private readonly known = new Map<string, { readonly at: number; readonly ready: Promise<void> }>();

  constructor(
    private readonly api: JetStreamApi,
    readonly names: WireNames,
    private readonly settings: StreamSettings,
    private readonly timers: Timers,
  ) {}

  /** @throws StreamUnfit, JetStreamRefusal */
  ensure(topic: string): Promise<void> {
    const known = this.known.get(topic);
    if (known) return known.ready;
    const ready = this.ensureStream(topic);
    this.known.set(topic, { at: performance.now(), ready });
    ready.catch(() => this.known.delete(topic));
    return ready;
  }

  /** Nobody answered for the stream: looks again, once for all who say so within a while. */
  ensureAgain(topic: string): Promise<void> {
    const known = this.known.get(topic);
    if (known && performance.now() - known.at > lookAgainMs) this.known.delete(topic);
    return this.ensure(topic);
  }

  /**
   * Makes the consumers of a group, also for partitions that nobody wants now: what is published there waits for it.
   * @throws StreamUnfit, JetStreamRefusal
   */
  async ensureGroup(topic: string, group: string, partitions: number): Promise<GroupPartitions> {
    await this.ensure(topic);
    const own = new Map<number, ConsumerInfo>();
    for (const consumer of (await this.consumers(topic)) ?? []) {
      const of = ofConsumer(consumer.name);
      if (of?.group === group) own.set(of.partition, consumer);
    }
    const wanted = new Set([...Array.from({ length: partitions }, (_, partition) => partition), ...own.keys()]);
    await Promise.all([...wanted].map((partition) => this.ensureConsumer(topic, group, partition, own.get(partition))));
    return { all: [...wanted].sort((a, b) => a - b), made: new Set([...wanted].filter((partition) => !own.has(partition))) };
  }

  /** All consumers of a stream, undefined when it does not exist; waits a while for those that elect their leader. */
  async consumers(topic: string): Promise<readonly ConsumerInfo[] | undefined> {
    const end = performance.now() + electionMs;
    for (;;) {
      try {
        return await this.api.consumers(this.names.stream(topic));
      } catch (error) {
        if (!isPassing(error) || performance.now() > end) throw error;
        await waiting(this.timers, lookAgainMs / 2);
      }
    }
  }

  private async ensureStream(topic: string): Promise<void> {
    const name = this.names.stream(topic);
    const wanted = this.streamConfig(topic);
    let found = await this.api.streamInfo(name);
    if (!found) {
      try {
        await this.api.createStream(wanted);
        return;
      } catch (error) {
        if (!(error instanceof JetStreamRefusal && error.errorCode === nameTaken)) throw error;
        // Another process made it meanwhile, with other settings.
        found = await this.api.streamInfo(name);
      }
    }
    if (found) await this.adapt(found, wanted);
  }

  private async adapt({ config, state }: StreamInfo, wanted: Partial<StreamConfig> & { readonly name: string }): Promise<void> {
    if (config.retention !== wanted.retention || config.storage !== wanted.storage) {
      throw new StreamUnfit(
        `stream ${wanted.name} keeps messages by ${config.retention} in ${config.storage}; the bus needs ${wanted.retention} in ${wanted.storage}. Consume it to its end and delete it, or use another prefix`,
      );
    }
    // Nothing that waits may be dropped by a smaller limit.
    const maxBytes = Math.max(this.settings.maxBacklogBytes, state.bytes);
    const adapted = { ...config, ...wanted, max_bytes: maxBytes };
    const changed = Object.keys(wanted).some((key) => !isSame(config[key as keyof StreamConfig], adapted[key as keyof StreamConfig]));
    if (changed) await this.api.updateStream(adapted);
  }

  private streamConfig(topic: string): Partial<StreamConfig> & { readonly name: string } {
    const { replicas, maxBacklogBytes } = this.settings;
    return {
      name: this.names.stream(topic),
      subjects: [this.names.subject(topic, '*')],
      storage: StorageType.File,
      retention: RetentionPolicy.Limits,
      discard: DiscardPolicy.New,
      max_bytes: maxBacklogBytes,
      max_age: 0,
      max_msgs: -1,
      max_msgs_per_subject: -1,
      num_replicas: replicas,
      duplicate_window: nanos(dedupeMs),
      allow_atomic: true,
    };
  }

  private async ensureConsumer(topic: string, group: string, partition: number, found: ConsumerInfo | undefined): Promise<void> {
    const stream = this.names.stream(topic);
    const wanted = this.consumerConfig(topic, group, partition);
    if (!found) {
      await this.api.createConsumer(stream, wanted, 'create');
      return;
    }
    const { config } = found;
    if (config.filter_subject !== wanted.filter_subject || config.ack_policy !== wanted.ack_policy || config.deliver_policy !== wanted.deliver_policy) {
      throw new StreamUnfit(
        `consumer ${wanted.durable_name} of ${stream} delivers ${config.deliver_policy} of ${config.filter_subject ?? 'every subject'} with acknowledgements ${config.ack_policy}; ` +
          `delete it when ${group} may read again what the stream still holds`,
      );
    }
    const changes = ['ack_wait', 'max_ack_pending', 'max_deliver'] as const;
    if (changes.some((key) => config[key] !== wanted[key])) await this.api.createConsumer(stream, { ...config, ...wanted }, 'update');
  }

  private consumerConfig(topic: string, group: string, partition: number): Partial<ConsumerConfig> & { readonly durable_name: string } {
    const { ackWaitMs, maxAckPending } = this.settings;
    return {
      durable_name: this.names.consumer(group, partition),
      filter_subject: this.names.subject(topic, partition),
      deliver_policy: DeliverPolicy.All,
      replay_policy: ReplayPolicy.Instant,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(ackWaitMs),
      max_ack_pending: maxAckPending,
      max_deliver: -1,
    };
  }
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
