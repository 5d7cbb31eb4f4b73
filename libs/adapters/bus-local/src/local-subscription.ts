import type { BusMessage, Delivery, Subscription, Timers, Topic } from '@tollkeeper/ports';
import { type PublishedFrame, readMessages } from './frame.js';
import { LocalDelivery, type DeliveryOwner } from './local-delivery.js';
import type { PartitionProgress } from './progress.js';
import type { FrameAt } from './segment-log.js';
import type { GroupMember, PartitionState } from './topic-state.js';

/** What a subscription needs of the bus. */
export interface SubscriptionSurroundings {
  readonly timers: Timers;
  /** Messages that were in the log at the start may have been handed out before. */
  readonly startedAt: number;
  /** Bytes of messages, as they are in the log, kept ready in memory. */
  readonly maxReadyBytes: number;
  read(position: number, maxBytes: number): Promise<{ readonly frames: readonly FrameAt[]; readonly next: number }>;
  /** Progress was made: something to write down, and perhaps room in the log. */
  progressed(): void;
  /** The subscription stays, and tries again. */
  onFault(fault: unknown): void;
  stopped(subscription: LocalSubscription): void;
}

export type BatchHandler = (deliveries: readonly Delivery<unknown>[]) => void | Promise<void>;

const chunkBytes = 1 << 20;
/** What a message takes in memory beside its value, about. */
const overheadBytes = 256;
const maxBatch = 1024;
const firstBackoffMs = 100;
const maxBackoffMs = 30_000;

/** A partition that this subscription hands out. */
interface OwnPartition {
  readonly state: PartitionState;
  readonly progress: PartitionProgress;
}

/**
 * Hands out the messages of its partitions. While it keeps up it gets published values as they are; when too much is ready
 * already, or after a start, it reads them from the log.
 */
export class LocalSubscription implements Subscription, DeliveryOwner, GroupMember {
  private readonly own = new Map<number, OwnPartition>();
  private ready: LocalDelivery[] = [];
  private nextReady = 0;
  private readyBytes = 0;
  /** Handed out before and due again; these go first. */
  private due: LocalDelivery[] = [];
  private inFlight = 0;
  private failures = 0;
  private running: Promise<void> | undefined;
  private reading = false;
  private woken = false;
  private ended = false;
  private readonly wanted: ReadonlySet<number> | undefined;
  private cancelReadAgain: (() => void) | undefined;
  private readonly timers = new Set<() => void>();
  /** Deliveries given back in this turn of the event loop, by their delay: they come back as one batch. */
  private readonly waitingTogether = new Map<number, LocalDelivery[]>();

  constructor(
    private readonly topic: Topic<unknown>,
    partitions: readonly number[] | undefined,
    private readonly maxInFlight: number,
    private readonly handler: BatchHandler,
    private readonly around: SubscriptionSurroundings,
  ) {
    this.wanted = partitions ? new Set(partitions) : undefined;
  }

  wants(partition: number): boolean {
    return this.wanted?.has(partition) ?? true;
  }

  take(state: PartitionState, progress: PartitionProgress): void {
    this.own.set(state.number, { state, progress });
    for (const message of progress.open) {
      if (!(message instanceof LocalDelivery)) continue;
      message.owner = this;
      message.redelivered = true;
      message.state = 'queued';
      message.counted = false;
      this.due.push(message);
    }
    this.wake();
  }

  published(progress: PartitionProgress, { header, messages, values }: PublishedFrame): void {
    this.wake();
    if (this.ended || this.readyBytes > this.around.maxReadyBytes) return;
    const bytes = header.length / messages.length + overheadBytes;
    for (let i = 0; i < messages.length; i++) {
      const message = messages[i];
      const encoded = values[i];
      if (!message || !encoded) continue;
      const value = this.topic.fromBytes ? this.topic.decode(encoded) : message.value;
      this.enqueue(progress, header.position, i, message, value, bytes, false);
    }
    progress.readFrom = header.position + header.length;
  }

  finished(delivery: LocalDelivery): void {
    if (delivery.counted) this.inFlight--;
    delivery.counted = false;
    this.around.progressed();
    if (this.nextReady < this.ready.length || this.due.length > 0) this.wake();
  }

  again(delivery: LocalDelivery, delayMs: number): void {
    delivery.state = 'waiting';
    delivery.redelivered = true;
    if (this.ended) return;
    const together = this.waitingTogether.get(delayMs);
    if (together) together.push(delivery);
    else this.wait(delayMs, [delivery]);
  }

  async stop(): Promise<void> {
    if (!this.ended) {
      this.ended = true;
      this.cancelReadAgain?.();
      for (const cancel of this.timers) cancel();
      this.timers.clear();
      this.ready = [];
      this.readyBytes = 0;
      this.due = [];
    }
    await this.running;
    for (const { progress } of this.own.values()) {
      progress.unread();
      progress.owner = undefined;
    }
    this.own.clear();
    this.around.stopped(this);
  }

  private enqueue(
    progress: PartitionProgress,
    frame: number,
    index: number,
    { id, headers }: Pick<BusMessage<unknown>, 'id' | 'headers'>,
    value: unknown,
    bytes: number,
    redelivered: boolean,
  ): void {
    const position = frame + index;
    const delivery = new LocalDelivery(id, value, headers, redelivered, position, frame, bytes, progress, this);
    progress.open.add(delivery);
    if (position > progress.read) progress.read = position;
    this.ready.push(delivery);
    this.readyBytes += bytes;
  }

  private wait(delayMs: number, deliveries: LocalDelivery[]): void {
    if (this.waitingTogether.size === 0) queueMicrotask(() => this.waitingTogether.clear());
    this.waitingTogether.set(delayMs, deliveries);
    const cancel = this.around.timers.after(Math.max(0, delayMs), () => {
      this.timers.delete(cancel);
      for (const delivery of deliveries) {
        if (delivery.state !== 'waiting') continue;
        delivery.state = 'queued';
        this.due.push(delivery);
      }
      this.wake();
    });
    this.timers.add(cancel);
  }

  /** Many acknowledgements and publications of one turn lead to one look at what can be handed out. */
  private wake(): void {
    if (this.woken || this.ended) return;
    this.woken = true;
    queueMicrotask(() => {
      this.woken = false;
      this.handOut();
    });
  }

  private handOut(): void {
    while (!this.running && !this.ended) {
      const batch = this.takeBatch();
      if (batch.length === 0) break;
      try {
        const work = this.handler(batch);
        if (work) this.running = this.untilDone(batch, work);
        else this.failures = 0;
      } catch (error) {
        this.failed(batch, error);
      }
    }
    this.readMore();
  }

  private async untilDone(batch: readonly LocalDelivery[], work: Promise<void>): Promise<void> {
    try {
      await work;
      this.failures = 0;
    } catch (error) {
      this.failed(batch, error);
    }
    this.running = undefined;
    this.wake();
  }

  private failed(batch: readonly LocalDelivery[], error: unknown): void {
    this.around.onFault(error);
    const delayMs = this.backoffMs();
    for (const delivery of batch) delivery.retry(delayMs);
  }

  private backoffMs(): number {
    return Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(this.failures++, 20));
  }

  private takeBatch(): LocalDelivery[] {
    const batch: LocalDelivery[] = [];
    const take = (delivery: LocalDelivery): void => {
      if (delivery.state !== 'queued') return;
      if (!delivery.counted) this.inFlight++;
      delivery.counted = true;
      delivery.state = 'out';
      delivery.progress.handedOut(delivery);
      batch.push(delivery);
    };
    for (const delivery of this.due.splice(0, maxBatch)) take(delivery);
    while (this.nextReady < this.ready.length && batch.length < maxBatch && this.inFlight < this.maxInFlight) {
      const delivery = this.ready[this.nextReady++];
      if (!delivery) break;
      this.readyBytes -= delivery.bytes;
      take(delivery);
    }
    if (this.nextReady === this.ready.length) {
      this.ready = [];
      this.nextReady = 0;
    }
    return batch;
  }

  /** Goes on in the log, where something is unread there and little is ready. */
  private readMore(): void {
    if (this.reading || this.ended || this.cancelReadAgain || this.readyBytes > this.around.maxReadyBytes / 2) return;
    const partitions = [...this.own.values()].filter(({ state, progress }) => progress.isUnread(state.newest));
    if (partitions.length === 0) return;
    const from = Math.min(...partitions.map(({ state, progress }) => progress.nextFrame(state.newest)));
    this.reading = true;
    this.around
      .read(from, Math.min(chunkBytes, this.around.maxReadyBytes))
      .then(({ frames, next }) => {
        if (!this.ended) this.takeFrames(partitions, frames, from, next);
        this.reading = false;
        this.handOut();
      })
      .catch((error: unknown) => {
        this.reading = false;
        this.readAgainLater(error);
      });
  }

  /** What cannot be read is not skipped: the fault is told, and reading goes on there when it can. */
  private readAgainLater(error: unknown): void {
    if (this.ended) return;
    this.around.onFault(error);
    this.cancelReadAgain = this.around.timers.after(this.backoffMs(), () => {
      this.cancelReadAgain = undefined;
      this.wake();
    });
  }

  private takeFrames(partitions: readonly OwnPartition[], frames: readonly FrameAt[], from: number, next: number): void {
    const expected = new Map(partitions.map(({ progress }) => [progress.partition, progress]));
    for (const { header, bytes, start } of frames) {
      const progress = header.topic === this.topic.name ? expected.get(header.partition) : undefined;
      if (!progress) continue;
      const size = header.length / header.count + overheadBytes;
      const redelivered = header.position < this.around.startedAt;
      readMessages(bytes, start, header).forEach(({ id, headers, value }, i) => {
        const position = header.position + i;
        if (position <= progress.read && !progress.holes.has(position)) return;
        // Decoded first: what throws here stays unread.
        const decoded = this.topic.decode(value);
        progress.holes.delete(position);
        this.enqueue(progress, header.position, i, headers ? { id, headers } : { id }, decoded, size, redelivered);
      });
    }
    for (const { progress } of partitions) {
      if (progress.readFrom >= from) progress.readFrom = Math.max(progress.readFrom, next);
      if (progress.holesFrom >= from) progress.holesFrom = Math.max(progress.holesFrom, next);
    }
  }
}
