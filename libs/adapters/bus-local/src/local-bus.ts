import { claimFolder, errorCodes, errorText } from '@tollkeeper/data-folder';
import { BusFull, type Bus, type BusMessage, type Delivery, type SubscribeOptions, type Subscription, type Timers, type Topic } from '@tollkeeper/ports';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FrameDraft } from './frame.js';
import { GroupSync, type PendingFrame } from './group-sync.js';
import { LocalSubscription, type BatchHandler } from './local-subscription.js';
import { ProgressRecovery } from './progress-recovery.js';
import { ProgressStore, type NamedProgress } from './progress-store.js';
import { SegmentLog } from './segment-log.js';
import { keptMessages, TopicState } from './topic-state.js';

export interface LocalBusOptions {
  /** Belongs to this bus alone; made when it is missing. */
  readonly folder: string;
  /** Bytes of one file of the log, about; files are deleted whole. Default 32 MiB. */
  readonly segmentBytes?: number;
  /** Bytes of log that unacknowledged messages may hold back before publishers are refused. Default 2 GiB. */
  readonly maxBacklogBytes?: number;
  /** Bytes of messages that each subscription keeps ready in memory; what is behind is read from the log in time. Default 16 MiB. */
  readonly maxReadyBytes?: number;
  readonly timers?: Timers;
  /** A handler threw, or a stretch of the log cannot be read now: told to the operator; delivery is tried again. */
  readonly onFault?: (fault: unknown) => void;
  /** Opens a log that lost acknowledged messages to damage, without them, instead of refusing. */
  readonly acceptDamage?: boolean;
}

const format = { content: 'bus', version: 1 } as const;
const maxGroupBytes = 8 << 20;
/** Messages of a call that exceed this are written in several frames. */
const maxFrameBytes = 4 << 20;
/** A single message may not be larger. */
const maxMessageBytes = 64 << 20;
const maxTopicBytes = 255;
const checkpointMs = 250;
const retryBusyS = 1;
/** No space, a quota, or a limit on the size of files. */
const outOfRoom = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const retryFullDiskS = 10;

const systemTimers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * The bus of one process: one log on the disk for all topics, so that one sync makes everything durable that was published
 * meanwhile, and consumers that get the published values themselves while they keep up.
 */
export class LocalBus implements Bus {
  private readonly topics = new Map<string, TopicState>();
  private readonly subscriptions = new Set<LocalSubscription>();
  private readonly startedAt: number;
  private readonly timers: Timers;
  private readonly sync: GroupSync;
  private cancelCheckpoint: (() => void) | undefined;
  private checkpointing: Promise<void> = Promise.resolve();
  /** The log before this is needed by nobody, when it was last computed. */
  private neededFrom = 0;
  private progressSince = true;
  private closed = false;

  private constructor(
    private readonly options: LocalBusOptions,
    private readonly log: SegmentLog,
    private readonly store: ProgressStore,
    topics: Map<string, TopicState>,
  ) {
    this.topics = topics;
    this.startedAt = log.end;
    this.timers = options.timers ?? systemTimers;
    this.sync = new GroupSync(
      log,
      maxGroupBytes,
      (frame) => this.dispatch(frame),
      (error) => this.writeFailure(error),
    );
  }

  /** @throws DataFolderTooNew, DataFolderInUse, DataFolderUnusable, LogDamaged */
  static async open(options: LocalBusOptions): Promise<LocalBus> {
    await claimFolder(options.folder, format);
    const folder = join(options.folder, 'log');
    await mkdir(folder, { recursive: true });
    const store = await ProgressStore.open(join(options.folder, 'progress'));
    try {
      const { end, progress } = await store.load();
      const recovery = new ProgressRecovery(progress);
      const log = await SegmentLog.open(
        {
          folder,
          segmentBytes: options.segmentBytes ?? 32 << 20,
          knownEnd: end,
          acceptDamage: options.acceptDamage ?? false,
          onDamage: (damage) => options.onFault?.(damage),
        },
        (header, base) => recovery.frame(header, base),
      );
      return new LocalBus(options, log, store, recovery.finish());
    } catch (error) {
      await store.close();
      throw error;
    }
  }

  async publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void> {
    if (this.closed) throw new Error(`the bus in ${this.options.folder} is closed`);
    if (!Number.isInteger(partition) || partition < 0 || partition >= topic.partitions) {
      throw new RangeError(`topic ${topic.name} has no partition ${partition}, only 0 to ${topic.partitions - 1}`);
    }
    if (messages.length === 0) return;
    const drafts = this.draftsOf(topic, partition, messages);
    this.makeRoom(drafts.reduce((sum, draft) => sum + draft.bytes, 0));
    const first = drafts[0];
    if (first && drafts.length === 1) return this.sync.add(topic.name, partition, first);
    await Promise.all(drafts.map((draft) => this.sync.add(topic.name, partition, draft)));
  }

  subscribe<T>(topic: Topic<T>, options: SubscribeOptions, handler: (deliveries: readonly Delivery<T>[]) => void | Promise<void>): Subscription {
    if (this.closed) throw new Error(`the bus in ${this.options.folder} is closed`);
    if (options.maxInFlight < 1) throw new RangeError(`group ${options.group} of ${topic.name}: maxInFlight must be at least 1`);
    const state = this.topicOf(topic.name);
    const group = state.group(options.group);
    for (let partition = 0; partition < topic.partitions; partition++) state.progressOf(group, partition);
    const subscription: LocalSubscription = new LocalSubscription(topic, options.partitions, options.maxInFlight, handler as BatchHandler, {
      timers: this.timers,
      startedAt: this.startedAt,
      maxReadyBytes: this.options.maxReadyBytes ?? 16 << 20,
      read: (position, maxBytes) => this.log.read(position, maxBytes),
      progressed: () => this.progressed(),
      onFault: (fault) => this.options.onFault?.(fault),
      stopped: (stopped) => {
        if (!this.subscriptions.delete(stopped)) return;
        group.members.splice(group.members.indexOf(stopped), 1);
        state.assign(group);
      },
    });
    this.subscriptions.add(subscription);
    group.members.push(subscription);
    state.assign(group);
    this.progressed();
    return subscription;
  }

  lag(topic: Topic<unknown>, group: string): Promise<number> {
    const state = this.topics.get(topic.name);
    const known = state?.groups.get(group);
    let lag = 0;
    for (const partition of state?.partitions.values() ?? []) {
      lag += known ? (known.progress.get(partition.number)?.outstanding ?? 0) : keptMessages(partition);
    }
    return Promise.resolve(lag);
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await this.sync.idle();
    await Promise.all([...this.subscriptions].map((subscription) => subscription.stop()));
    this.cancelCheckpoint?.();
    await this.checkpointing;
    await this.checkpoint(true);
    await this.store.close();
    await this.log.close();
  }

  private topicOf(name: string): TopicState {
    let state = this.topics.get(name);
    if (!state) {
      if (name.includes('\0') || name === '' || Buffer.byteLength(name) > maxTopicBytes) throw new RangeError(`${JSON.stringify(name)} cannot name a topic`);
      state = new TopicState();
      this.topics.set(name, state);
    }
    return state;
  }

  private draftsOf<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): FrameDraft[] {
    this.topicOf(topic.name);
    const drafts: FrameDraft[] = [];
    let start = 0;
    let bytes = 0;
    let values: Uint8Array[] = [];
    messages.forEach((message, i) => {
      const value = topic.encode(message.value);
      if (value.length > maxMessageBytes) throw new RangeError(`message ${message.id} for ${topic.name} has ${value.length} bytes, at most ${maxMessageBytes} are taken`);
      if (values.length > 0 && bytes + value.length > maxFrameBytes) {
        drafts.push(new FrameDraft(topic.name, partition, messages.slice(start, i), values));
        start = i;
        bytes = 0;
        values = [];
      }
      bytes += value.length;
      values.push(value);
    });
    drafts.push(new FrameDraft(topic.name, partition, start === 0 ? messages : messages.slice(start), values));
    return drafts;
  }

  private makeRoom(bytes: number): void {
    const limit = this.options.maxBacklogBytes ?? 2 ** 31;
    const backlog = (): number => this.log.end + this.sync.bytesWaiting + bytes - this.neededFrom;
    if (backlog() <= limit) return;
    if (this.progressSince) this.computeNeeded();
    if (backlog() <= limit) return;
    throw new BusFull(`unacknowledged messages hold ${this.log.end - this.neededFrom} bytes of the bus, at most ${limit} are kept; consumers are behind`, retryBusyS);
  }

  private computeNeeded(): void {
    this.progressSince = false;
    let needed = this.log.end;
    for (const topic of this.topics.values()) {
      for (const group of topic.groups.values()) {
        for (const progress of group.progress.values()) needed = Math.min(needed, progress.needsFrom(topic.partition(progress.partition).newest));
      }
    }
    this.neededFrom = Math.max(needed, this.log.start);
  }

  /** A frame has become durable: it counts for every group, and goes straight to those that have read everything before. */
  private dispatch(frame: PendingFrame): void {
    const { header } = frame;
    const topic = this.topicOf(header.topic);
    const partition = topic.partition(header.partition);
    const base = this.log.newestBase;
    partition.kept.set(base, (partition.kept.get(base) ?? 0) + header.count);
    for (const group of topic.groups.values()) {
      const progress = group.progress.get(header.partition);
      if (!progress) continue;
      const caughtUp = !progress.isUnread(partition.newest);
      progress.outstanding += header.count;
      if (!caughtUp) continue;
      progress.readFrom = header.position;
      progress.owner?.published(progress, frame);
    }
    partition.newest = header.position + header.count - 1;
    this.scheduleCheckpoint();
  }

  private writeFailure(error: unknown): Error {
    const full = errorCodes(error).some((code) => outOfRoom.has(code));
    const advice = full ? 'the disk is full, make room' : 'see the disk and its file system';
    return new BusFull(`the bus in ${this.options.folder} cannot be written: ${errorText(error)}; ${advice}`, retryFullDiskS, 'storage');
  }

  private progressed(): void {
    this.progressSince = true;
    this.scheduleCheckpoint();
  }

  private scheduleCheckpoint(): void {
    if (this.closed) return;
    this.cancelCheckpoint ??= this.timers.after(checkpointMs, () => {
      this.cancelCheckpoint = undefined;
      this.checkpointing = this.checkpoint(false).catch((error: unknown) => this.options.onFault?.(error));
    });
  }

  /** Writes down where the groups are, then gives up what nobody needs. */
  private async checkpoint(sync: boolean): Promise<void> {
    const changed: NamedProgress[] = [];
    for (const [topic, state] of this.topics) {
      for (const [group, { progress: partitions }] of state.groups) {
        for (const progress of partitions.values()) {
          if (!progress.changed) continue;
          progress.changed = false;
          changed.push({ topic, group, progress });
        }
      }
    }
    try {
      await this.store.save(this.log.end, changed, sync);
    } catch (error) {
      for (const { progress } of changed) progress.changed = true;
      throw error;
    }
    this.computeNeeded();
    const bases = await this.log.dropBefore(this.neededFrom);
    for (const topic of this.topics.values()) {
      for (const partition of topic.partitions.values()) for (const base of bases) partition.kept.delete(base);
    }
  }
}
