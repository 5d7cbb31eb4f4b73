import type { PublishedFrame } from './frame.js';
import { PartitionProgress } from './progress.js';

/** What the log holds of one partition. */
export interface PartitionState {
  readonly number: number;
  /** Position of the newest message, -1 when there is none. */
  newest: number;
  /** Messages by the segment that they stand in. */
  readonly kept: Map<number, number>;
}

export interface GroupState {
  readonly name: string;
  readonly progress: Map<number, PartitionProgress>;
  /** Rivals for the group's partitions; the one that came first owns what it asked for. */
  readonly members: GroupMember[];
}

export interface GroupMember {
  wants(partition: number): boolean;
  take(partition: PartitionState, progress: PartitionProgress): void;
  /** Messages that have just become durable, when everything before them was read. */
  published(progress: PartitionProgress, frame: PublishedFrame): void;
}

/** One topic in the log, and the groups that follow it. */
export class TopicState {
  readonly partitions = new Map<number, PartitionState>();
  readonly groups = new Map<string, GroupState>();

  partition(number: number): PartitionState {
    let partition = this.partitions.get(number);
    if (!partition) {
      partition = { number, newest: -1, kept: new Map() };
      this.partitions.set(number, partition);
    }
    return partition;
  }

  group(name: string): GroupState {
    let group = this.groups.get(name);
    if (!group) {
      group = { name, progress: new Map(), members: [] };
      this.groups.set(name, group);
    }
    return group;
  }

  /** The group's place; a group that was not there before begins with the oldest message that is kept. */
  progressOf(group: GroupState, number: number): PartitionProgress {
    let progress = group.progress.get(number);
    if (!progress) {
      progress = new PartitionProgress(number, { handed: -1, holes: [] });
      progress.outstanding = keptMessages(this.partition(number));
      group.progress.set(number, progress);
    }
    return progress;
  }

  /** Gives partitions without an owner to those who want them. */
  assign(group: GroupState): void {
    for (const member of group.members) {
      for (const [number, progress] of group.progress) {
        if (progress.owner || !member.wants(number)) continue;
        progress.owner = member;
        member.take(this.partition(number), progress);
      }
    }
  }
}

export function keptMessages(partition: PartitionState): number {
  let sum = 0;
  for (const count of partition.kept.values()) sum += count;
  return sum;
}
