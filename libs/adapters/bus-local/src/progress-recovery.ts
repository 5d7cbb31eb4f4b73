import type { FrameHeader } from './frame.js';
import { PartitionProgress } from './progress.js';
import type { LoadedProgress } from './progress-store.js';
import { TopicState } from './topic-state.js';

/** Finds out, while the log is read at the start, what each group has still to do. */
export class ProgressRecovery {
  private readonly topics = new Map<string, TopicState>();
  private readonly seen = new Map<PartitionProgress, Set<number>>();

  constructor(loaded: readonly LoadedProgress[]) {
    for (const stored of loaded) {
      const progress = new PartitionProgress(stored.partition, stored);
      this.topic(stored.topic).group(stored.group).progress.set(stored.partition, progress);
      this.seen.set(progress, new Set());
    }
  }

  frame({ topic: name, partition: number, position, count }: FrameHeader, base: number): void {
    if (count === 0) return;
    const topic = this.topic(name);
    const partition = topic.partition(number);
    partition.newest = position + count - 1;
    partition.kept.set(base, (partition.kept.get(base) ?? 0) + count);
    for (const group of topic.groups.values()) {
      const progress = group.progress.get(number);
      if (progress) progress.recover(position, count, this.seen.get(progress) ?? new Set());
    }
  }

  finish(): Map<string, TopicState> {
    for (const [progress, seen] of this.seen) progress.keepHoles(seen);
    return this.topics;
  }

  private topic(name: string): TopicState {
    let topic = this.topics.get(name);
    if (!topic) {
      topic = new TopicState();
      this.topics.set(name, topic);
    }
    return topic;
  }
}
