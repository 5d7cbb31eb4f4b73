import type { Delivery, Timers } from '@tollkeeper/ports';
import type { Part } from './message.mapping.js';
import type { PartitionPull, PullOwner } from './partition-pull.js';
import type { PartitionShares, Shareholder } from './partition-shares.js';
import type { GroupPartitions } from './topic-streams.js';

export type BatchHandler = (deliveries: readonly Delivery<unknown>[]) => void | Promise<void>;

/** What the server knows of a group's place in a partition. */
interface ConsumerState {
  readonly hasDelivered: boolean;
  readonly serverTimeMs: number;
}

/** What a subscription needs of the bus. */
export interface SubscriptionSurroundings {
  readonly timers: Timers;
  readonly ackWaitMs: number;
  /** Bytes of messages kept ready in memory, over all partitions. */
  readonly maxReadyBytes: number;
  /** One request may bring so much at least, or a large message could never come. */
  readonly minPullBytes: () => number;
  /** Makes what is missing of streams and consumers. */
  prepare(): Promise<GroupPartitions>;
  consumerState(partition: number): Promise<ConsumerState | undefined>;
  pullOf(partition: number, owner: PullOwner): PartitionPull;
  sharesOf(wants: ReadonlySet<number>, owner: Shareholder): PartitionShares;
  readPart(sequence: number, part: Part): Promise<Uint8Array | undefined>;
  answer(reply: string, text: string): void;
  /** Resolves when the server has taken in the answers to a message of this consumer, up to the last one. */
  confirm(reply: string): Promise<void>;
  onFault(fault: unknown): void;
  /** Hands out nothing more; what is out may still be acknowledged. */
  stopped(): void;
}
