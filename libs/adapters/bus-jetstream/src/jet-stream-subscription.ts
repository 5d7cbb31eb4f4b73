import type { Subscription, Topic } from '@tollkeeper/ports';
import { HeldPartition, type HeldPartitionOwner } from './held-partition.js';
import type { JetStreamDelivery } from './jet-stream-delivery.js';
import { fromContent, type Part } from './message.mapping.js';
import type { PullRoom } from './partition-pull.js';
import type { PartitionShares, Shareholder } from './partition-shares.js';
import type { BatchHandler, SubscriptionSurroundings } from './subscription-surroundings.js';
import { waiting } from './system-timers.js';

const maxBatch = 1024;
const minPrefetch = 16;
const firstBackoffMs = 100;
const maxBackoffMs = 30_000;
/** So long a partition that goes to another consumer waits for the acknowledgements of what is out. */
const releaseMs = 5_000;
const releaseLookMs = 20;

/** Hands out the messages of the partitions that it has at the time, one batch after the other. */
export class JetStreamSubscription implements Subscription, HeldPartitionOwner, Shareholder {
  private readonly held = new Map<number, HeldPartition>();
  /** Partitions whose consumers this subscription itself has made, until something may have been lost. */
  private fresh: ReadonlySet<number> = new Set();
  private readonly lastAnswers = new Map<number, string>();
  private inFlight = 0;
  private failures = 0;
  private running: Promise<void> | undefined;
  private woken = false;
  private ended = false;
  private stopping: Promise<void> | undefined;
  private shares: PartitionShares | undefined;
  private cancelExtending: (() => void) | undefined;
  private turn = 0;

  constructor(
    readonly topic: Topic<unknown>,
    readonly group: string,
    private readonly wanted: readonly number[] | undefined,
    private readonly maxInFlight: number,
    private readonly handler: BatchHandler,
    private readonly around: SubscriptionSurroundings,
  ) {}

  start(): void {
    this.extendLater();
    void this.join();
  }

  /** Parts of the connection's state may be lost with it: requests, and what servers had not written down. */
  reconnected(): void {
    this.fresh = new Set();
    for (const held of this.held.values()) {
      held.suspectBeforeMs = Number.MAX_SAFE_INTEGER;
      void this.suspect(held);
      held.pull?.reconnected();
    }
  }

  stop(): Promise<void> {
    return (this.stopping ??= this.end());
  }

  /** Gives back what is still out, for another consumer: the process ends. */
  giveBackAll(): void {
    for (const held of this.held.values()) for (const delivery of [...held.openDeliveries]) delivery.giveBack(0);
  }

  take(partition: number): void {
    const held = new HeldPartition(partition, this.around.timers, this);
    this.held.set(partition, held);
    void this.beginPulling(held);
  }

  async release(partition: number): Promise<void> {
    const held = this.held.get(partition);
    if (!held) return;
    await this.quiet(held);
    const end = performance.now() + releaseMs;
    while (!held.isEmpty && !this.ended && performance.now() < end) await waiting(this.around.timers, releaseLookMs);
    if (this.held.get(partition) === held && !this.ended) this.held.delete(partition);
    for (const delivery of held.openDeliveries) delivery.extend();
  }

  answer(partition: number, reply: string, text: string): void {
    this.around.answer(reply, text);
    this.lastAnswers.set(partition, reply);
  }

  /** Resolves when the server has taken in what it was answered so far, or does not say. */
  async settled(): Promise<void> {
    const replies = [...this.lastAnswers.values()];
    this.lastAnswers.clear();
    await Promise.all(replies.map((reply) => this.around.confirm(reply)));
  }

  finished(delivery: JetStreamDelivery): void {
    if (delivery.state === 'out') this.inFlight--;
    const held = this.held.get(delivery.partition);
    held?.forget(delivery);
    this.wake();
  }

  readPart(sequence: number, part: Part): Promise<Uint8Array | undefined> {
    return this.around.readPart(sequence, part);
  }

  onFault(fault: unknown): void {
    this.around.onFault(fault);
  }

  /** Many messages and acknowledgements of one turn lead to one look at what can be handed out. */
  wake(): void {
    if (this.woken || this.ended) return;
    this.woken = true;
    queueMicrotask(() => {
      this.woken = false;
      this.handOut();
    });
  }

  private async join(): Promise<void> {
    for (let delayMs = firstBackoffMs; !this.ended; delayMs = Math.min(delayMs * 2, maxBackoffMs)) {
      try {
        const { all, made } = await this.around.prepare();
        if (this.ended) return;
        this.fresh = made;
        this.shares = this.around.sharesOf(new Set(this.wanted ?? all), this);
        this.shares.join();
        return;
      } catch (error) {
        this.around.onFault(error);
        await waiting(this.around.timers, delayMs);
      }
    }
  }

  private async beginPulling(held: HeldPartition): Promise<void> {
    const isWanted = (): boolean => !this.ended && !held.isReleasing;
    for (let delayMs = firstBackoffMs; isWanted(); delayMs = Math.min(delayMs * 2, maxBackoffMs)) {
      try {
        await this.suspectOrThrow(held);
        break;
      } catch (error) {
        this.around.onFault(error);
        await waiting(this.around.timers, delayMs);
      }
    }
    if (!isWanted()) return;
    held.pull = this.around.pullOf(held.number, {
      room: () => this.roomOf(held),
      received: (message) => held.received(message),
      missing: () => void this.around.prepare().catch((error: unknown) => this.around.onFault(error)),
    });
    held.pull.start();
  }

  private async suspectOrThrow(held: HeldPartition): Promise<void> {
    const state = await this.around.consumerState(held.number);
    if (!state) {
      await this.around.prepare();
      return;
    }
    // A server that crashed may know of no delivery although there were some; a consumer that was made just now had none.
    const isFresh = this.fresh.has(held.number) && !state.hasDelivered;
    held.suspectBeforeMs = isFresh ? 0 : state.serverTimeMs;
  }

  private async suspect(held: HeldPartition): Promise<void> {
    try {
      await this.suspectOrThrow(held);
    } catch (error) {
      this.around.onFault(error);
    }
  }

  private roomOf(held: HeldPartition): PullRoom | undefined {
    const share = Math.max(this.around.maxReadyBytes / Math.max(1, this.held.size), this.around.minPullBytes());
    const most = Math.min(maxBatch, Math.max(minPrefetch, this.maxInFlight));
    if (this.ended || held.isReleasing || held.readyBytes > share / 2 || held.readyCount > most / 2) return undefined;
    return { messages: most - held.readyCount, bytes: Math.floor(share) };
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
    for (const held of this.held.values()) held.pull?.poke();
  }

  private async untilDone(batch: readonly JetStreamDelivery[], work: Promise<void>): Promise<void> {
    try {
      await work;
      this.failures = 0;
    } catch (error) {
      this.failed(batch, error);
    }
    this.running = undefined;
    this.wake();
  }

  private failed(batch: readonly JetStreamDelivery[], error: unknown): void {
    this.around.onFault(error);
    const delayMs = Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(this.failures++, 20));
    for (const delivery of batch) delivery.retry(delayMs);
  }

  /** Takes from each partition in order, and begins with another one each time, so that none starves. */
  private takeBatch(): JetStreamDelivery[] {
    const batch: JetStreamDelivery[] = [];
    const partitions = [...this.held.values()];
    const first = this.turn++;
    for (let i = 0; i < partitions.length; i++) {
      const held = partitions[(first + i) % partitions.length];
      while (held && !held.isReleasing && batch.length < maxBatch && this.inFlight < this.maxInFlight) {
        const delivery = held.take();
        if (!delivery) break;
        if (!this.read(delivery)) continue;
        delivery.state = 'out';
        this.inFlight++;
        batch.push(delivery);
      }
    }
    return batch;
  }

  /** What cannot be read now is delivered again, for ever: it takes another version, or an operator. */
  private read(delivery: JetStreamDelivery): boolean {
    try {
      const { id, value } = fromContent(delivery.head, delivery.data ?? new Uint8Array());
      delivery.id = id;
      delivery.value = this.topic.decode(value);
      delivery.data = undefined;
      return true;
    } catch (error) {
      this.around.onFault(new Error(`message ${delivery.id} of ${this.topic.name} cannot be read`, { cause: error }));
      delivery.giveBack(Math.min(maxBackoffMs, firstBackoffMs * 2 ** Math.min(delivery.facts.deliveries, 20)));
      return false;
    }
  }

  /** Messages that are worked on, or wait for their turn, are not to be delivered to somebody else. */
  private extendLater(): void {
    this.cancelExtending = this.around.timers.after(this.around.ackWaitMs / 6, () => {
      const due = performance.now() - this.around.ackWaitMs / 3;
      for (const held of this.held.values()) for (const delivery of held.openDeliveries) if (delivery.touchedAt < due) delivery.extend();
      this.extendLater();
    });
  }

  /** Pulls no more, and gives back what was not handed out. */
  private async quiet(held: HeldPartition): Promise<void> {
    held.isReleasing = true;
    await held.pull?.stop();
    for (const delivery of [...held.openDeliveries]) if (delivery.state === 'ready') delivery.giveBack(0);
  }

  private async end(): Promise<void> {
    this.ended = true;
    this.shares?.freeze();
    await Promise.all([...this.held.values()].map((held) => this.quiet(held)));
    await this.running;
    this.cancelExtending?.();
    // Pages may still be on their way: from now on the whole time for an acknowledgement.
    for (const held of this.held.values()) for (const delivery of held.openDeliveries) delivery.extend();
    await this.settled();
    this.shares?.leave();
    this.around.stopped();
  }
}
