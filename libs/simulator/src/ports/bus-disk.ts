import { BusFull, type BusMessage, type Topic } from '@tollkeeper/ports';
import type { SimProcess } from '../world/process.js';
import type { Surroundings } from '../world/surroundings.js';
import { BusGroup } from './bus-group.js';

export interface StoredMessage {
  readonly id: string;
  readonly partition: number;
  /** Place in the log of its topic. */
  readonly order: number;
  readonly bytes: Uint8Array;
  readonly headers: Readonly<Record<string, string>> | undefined;
}

interface StoredTopic {
  readonly log: StoredMessage[];
  readonly groups: Map<string, BusGroup>;
}

export interface BusDiskOptions {
  /** A message that was handed out and not acknowledged for so long is handed out again. */
  readonly ackWaitMs: number;
  /** Bytes that may wait for the slowest group of a topic. */
  readonly maxBacklogBytes: number;
}

/** The bus of a world: what was published, and how far each group is. */
export class BusDisk {
  private readonly topics = new Map<string, StoredTopic>();

  constructor(
    readonly world: Surroundings,
    private readonly options: BusDiskOptions,
  ) {}

  get ackWaitMs(): number {
    return this.options.ackWaitMs;
  }

  /** @throws BusFull */
  publish(topic: Topic<unknown>, partition: number, messages: readonly BusMessage<unknown>[]): void {
    if (partition < 0 || partition >= topic.partitions) throw new RangeError(`topic ${topic.name} has no partition ${partition}`);
    const { log, groups } = this.of(topic.name);
    const backlog = Math.max(0, ...[...groups.values()].map((group) => group.backlogBytes));
    if (backlog > this.options.maxBacklogBytes) throw new BusFull(`${topic.name} holds ${backlog} bytes that wait for their consumers`, 1);
    const stored = messages.map(({ id, value, headers }, i) => ({ id, partition, order: log.length + i, bytes: topic.encode(value), headers }));
    log.push(...stored);
    for (const group of groups.values()) group.add(stored);
  }

  group(topic: Topic<unknown>, name: string): BusGroup {
    const stored = this.of(topic.name);
    const known = stored.groups.get(name);
    if (known) return known;
    const group = new BusGroup(topic, this);
    stored.groups.set(name, group);
    group.add(stored.log);
    return group;
  }

  lag(topic: Topic<unknown>, name: string): number {
    const { log, groups } = this.of(topic.name);
    return log.length - (groups.get(name)?.acked.size ?? 0);
  }

  /** Messages that some group has not acknowledged, over all topics. */
  backlog(): number {
    let messages = 0;
    for (const { log, groups } of this.topics.values()) for (const { acked } of groups.values()) messages += log.length - acked.size;
    return messages;
  }

  leaveAll(process: SimProcess): void {
    for (const { groups } of this.topics.values()) for (const group of groups.values()) group.leaveAll(process);
  }

  losePower(): void {
    for (const { groups } of this.topics.values()) for (const group of groups.values()) group.losePower();
  }

  pump(): void {
    for (const { groups } of this.topics.values()) for (const group of groups.values()) group.pump();
  }

  private of(name: string): StoredTopic {
    let topic = this.topics.get(name);
    if (!topic) this.topics.set(name, (topic = { log: [], groups: new Map() }));
    return topic;
  }
}
