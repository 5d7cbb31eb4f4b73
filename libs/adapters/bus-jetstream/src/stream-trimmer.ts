import type { ConsumerInfo, StreamInfo } from '@nats-io/jetstream';
import type { JetStreamApi } from './jet-stream-api.js';
import { ofConsumer, partitionOfSubject, type WireNames } from './wire-names.js';

/** Below this share of what it may hold a stream keeps what is done with: a group that is added later still finds it. */
const keepShare = 0.25;
/** From this share on also what stands behind a partition that does not get on is deleted; that reads the stream. */
const tightShare = 0.5;
/** Between two looks of publishers that need room. */
export const trimRestMs = 100;

interface PartitionFloor {
  readonly partition: number;
  /** Everything up to here is acknowledged by every group; 0 is nothing. */
  readonly floor: number;
  /** Whether every group has acknowledged all there is, as it looks. Decides only how to delete, not what. */
  readonly isIdle: boolean;
}

/**
 * Deletes what every group has acknowledged. Retention by limits keeps everything, retention by interest would drop what is
 * published before its first consumer; so the bus itself deletes, up to where the slowest group has acknowledged without a gap.
 * Any process may do it, several at once too.
 */
export class StreamTrimmer {
  private readonly looks = new Map<string, { readonly at: number; readonly result: Promise<number> }>();

  constructor(
    private readonly api: JetStreamApi,
    private readonly names: WireNames,
    /** Changes when the connection was lost in between: what was read before is no ground to delete any more. */
    private readonly epoch: () => number,
  ) {}

  /** Deletes when it is time for it. */
  async trim(topic: string): Promise<void> {
    const info = await this.api.streamInfo(this.names.stream(topic));
    if (info && info.state.bytes > info.config.max_bytes * keepShare) await this.makeRoom(topic);
  }

  /** Deletes what can be deleted; gives the number of messages. Callers at the same time, and shortly after, share one look. */
  makeRoom(topic: string): Promise<number> {
    const last = this.looks.get(topic);
    if (last && performance.now() - last.at < trimRestMs) return last.result;
    const result = this.look(topic);
    this.looks.set(topic, { at: performance.now(), result });
    return result;
  }

  private async look(topic: string): Promise<number> {
    const stream = this.names.stream(topic);
    const epoch = this.epoch();
    const info = await this.api.streamInfo(stream);
    const consumers = await this.api.consumers(stream);
    if (!info || !consumers || info.state.messages === 0) return 0;
    // Lost in between: the stream may have lost its tail, and count anew where these floors were.
    const isStale = (): boolean => this.epoch() !== epoch;
    const purge = async (before: number, partition?: number): Promise<number> => {
      if (before < 2 || isStale()) return 0;
      return this.api.purge(stream, before, partition === undefined ? undefined : this.names.subject(topic, partition));
    };
    const { busy, idle } = split(floorsOf(info, consumers));
    let deleted = 0;
    const counts = new Map(Object.entries(info.state.subjects ?? {}).map(([subject, count]) => [partitionOfSubject(subject), count]));
    for (const { partition, floor } of idle) {
      const gone = await purge(floor + 1, partition);
      deleted += gone;
      if (gone < (counts.get(partition) ?? 0)) busy.push({ partition, floor, isIdle: false });
    }
    const slowest = Math.min(...busy.map(({ floor }) => floor), Number.MAX_SAFE_INTEGER);
    if (busy.length === 0) return deleted;
    if (slowest + 1 > info.state.first_seq) deleted += await purge(slowest + 1);
    if (info.state.bytes < info.config.max_bytes * tightShare) return deleted;
    for (const { partition, floor } of busy) if (floor > slowest) deleted += await purge(floor + 1, partition);
    return deleted;
  }
}

/** Of every partition that holds something, how far its slowest group is. */
function floorsOf(info: StreamInfo, consumers: readonly ConsumerInfo[]): PartitionFloor[] {
  const byPartition = new Map<number, ConsumerInfo[]>();
  for (const consumer of consumers) {
    const of = ofConsumer(consumer.name);
    if (!of) continue;
    const found = byPartition.get(of.partition);
    if (found) found.push(consumer);
    else byPartition.set(of.partition, [consumer]);
  }
  return Object.keys(info.state.subjects ?? {}).map((subject) => {
    const partition = partitionOfSubject(subject);
    const groups = byPartition.get(partition) ?? [];
    // Without any group it all waits for the first one.
    const floor = groups.length === 0 ? 0 : Math.min(...groups.map((group) => Math.min(group.ack_floor.stream_seq, info.state.last_seq)));
    return { partition, floor, isIdle: groups.length > 0 && groups.every((group) => group.num_pending === 0 && group.num_ack_pending === 0) };
  });
}

function split(floors: readonly PartitionFloor[]): { readonly busy: PartitionFloor[]; readonly idle: readonly PartitionFloor[] } {
  return { busy: floors.filter(({ isIdle }) => !isIdle), idle: floors.filter(({ isIdle }) => isIdle) };
}
