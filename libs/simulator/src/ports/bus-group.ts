import type { Delivery, SubscribeOptions, Topic } from '@tollkeeper/ports';
import type { SimProcess } from '../world/process.js';
import type { BusDisk, StoredMessage } from './bus-disk.js';

/** One message in somebody's hands. */
export interface Handout {
  readonly message: StoredMessage;
  readonly consumer: Consumer;
  isSettled: boolean;
}

export interface Consumer {
  readonly process: SimProcess;
  readonly partitions: ReadonlySet<number>;
  readonly maxInFlight: number;
  readonly handle: (deliveries: readonly Delivery<unknown>[]) => void | Promise<void>;
  readonly open: Set<Handout>;
  readonly whenIdle: (() => void)[];
  /** Something is on its way to it, or its handler runs. */
  isBusy: boolean;
  isRunning: boolean;
  isStopped: boolean;
}

interface Waiting {
  readonly message: StoredMessage;
  readonly notBefore: number;
}

const soonMs = 200;

/** The consumers of one topic that share its messages. */
export class BusGroup {
  readonly acked = new Set<StoredMessage>();
  private readonly seen = new Set<StoredMessage>();
  private readonly consumers: Consumer[] = [];
  /** In the order of the log; those that came back stand where they stood. */
  private waiting: Waiting[] = [];
  private lately: StoredMessage[] = [];

  constructor(
    readonly topic: Topic<unknown>,
    private readonly disk: BusDisk,
  ) {}

  join(process: SimProcess, options: SubscribeOptions, handle: Consumer['handle']): Consumer {
    const all = Array.from({ length: this.topic.partitions }, (_, i) => i);
    const { maxInFlight, partitions = all } = options;
    const shared = { open: new Set<Handout>(), whenIdle: [], isBusy: false, isRunning: false, isStopped: false };
    const consumer: Consumer = { process, partitions: new Set(partitions), maxInFlight, handle, ...shared };
    this.consumers.push(consumer);
    this.pump();
    return consumer;
  }

  /** What the consumer holds goes back; also when its process died and never said so. */
  leave(consumer: Consumer, delayMs: number): void {
    consumer.isStopped = true;
    const at = this.consumers.indexOf(consumer);
    if (at >= 0) this.consumers.splice(at, 1);
    for (const handout of consumer.open) this.giveBack(handout, delayMs);
  }

  /** The process is gone, and its consumers with it. */
  leaveAll(process: SimProcess): void {
    const gone = this.consumers.filter((consumer) => consumer.process === process);
    for (const consumer of gone) this.leave(consumer, this.disk.world.chance.below(2_000));
  }

  add(messages: readonly StoredMessage[]): void {
    for (const message of messages) this.waiting.push({ message, notBefore: 0 });
    this.disk.world.scheduler.after(this.disk.world.latency(), () => this.pump());
  }

  get backlogBytes(): number {
    let bytes = 0;
    for (const { message } of this.waiting) bytes += message.bytes.length;
    for (const { open } of this.consumers) for (const { message } of open) bytes += message.bytes.length;
    return bytes;
  }

  /** Acknowledgements of late that were not synced are gone. */
  losePower(): void {
    const { chance } = this.disk.world;
    for (let lost = chance.below(this.lately.length + 1); lost > 0; lost--) {
      const message = this.lately.pop();
      if (message && this.acked.delete(message)) this.enqueue(message, 0);
    }
    this.lately = [];
  }

  pump(): void {
    const { chance, faults } = this.disk.world;
    for (const consumer of faults.isOn ? chance.shuffled(this.consumers) : [...this.consumers]) this.feed(consumer);
  }

  private feed(consumer: Consumer): void {
    const { scheduler, chance, faults, latency } = this.disk.world;
    if (consumer.isBusy || consumer.isStopped || !consumer.process.isRunning) return;
    const room = Math.min(consumer.maxInFlight - consumer.open.size, faults.isOn ? chance.between(1, 12) : Number.POSITIVE_INFINITY);
    const isReady = ({ message, notBefore }: Waiting): boolean => consumer.partitions.has(message.partition) && notBefore <= scheduler.now;
    let taken = this.waiting.filter(isReady);
    if (faults.hits('messagesReordered')) taken = chance.shuffled(taken);
    taken = taken.slice(0, Math.max(room, 0));
    if (taken.length === 0) return;
    const chosen = new Set(taken);
    this.waiting = this.waiting.filter((one) => !chosen.has(one));
    consumer.isBusy = true;
    const handouts = taken.map(({ message }) => this.handOut(message, consumer));
    const arriving = handouts.filter(() => !faults.hits('messageLost'));
    if (faults.hits('messageDoubled')) arriving.push(...handouts.map(({ message }) => this.handOut(message, consumer)));
    const delayMs = faults.hits('messageDelayed') ? chance.below(20_000) : latency();
    scheduler.after(delayMs, () => consumer.process.deliver(() => void this.dispatch(consumer, arriving)));
  }

  private handOut(message: StoredMessage, consumer: Consumer): Handout {
    const { scheduler } = this.disk.world;
    const handout: Handout = { message, consumer, isSettled: false };
    consumer.open.add(handout);
    if (Number.isFinite(this.disk.ackWaitMs)) scheduler.after(this.disk.ackWaitMs, () => this.giveBack(handout, 0));
    return handout;
  }

  private async dispatch(consumer: Consumer, handouts: readonly Handout[]): Promise<void> {
    if (consumer.isStopped) return;
    const { trace } = this.disk.world;
    trace.note(consumer.process.name, `← ${this.topic.name} ${handouts.map(({ message }) => message.id).join(', ')}`);
    try {
      consumer.isRunning = true;
      if (handouts.length > 0) await consumer.handle(handouts.map((handout) => this.toDelivery(handout)));
    } catch (error) {
      trace.note(consumer.process.name, `handler of ${this.topic.name} failed: ${String(error)}`);
      for (const handout of handouts) this.giveBack(handout, this.disk.world.faults.isOn ? soonMs : 0);
    }
    consumer.isBusy = false;
    consumer.isRunning = false;
    for (const told of consumer.whenIdle.splice(0)) told();
    this.pump();
  }

  private toDelivery(handout: Handout): Delivery<unknown> {
    const { message } = handout;
    const redelivered = this.seen.has(message);
    this.seen.add(message);
    return {
      id: message.id,
      value: this.topic.decode(message.bytes),
      ...(message.headers ? { headers: message.headers } : {}),
      partition: message.partition,
      redelivered,
      ack: () => this.acknowledge(handout),
      retry: (delayMs) => this.giveBack(handout, delayMs),
    };
  }

  private acknowledge(handout: Handout): void {
    const { message, consumer } = handout;
    const { faults, trace } = this.disk.world;
    if (consumer.process.isDead || this.acked.has(message)) return this.close(handout);
    if (faults.hits('ackLost')) return trace.note(consumer.process.name, `ack of ${message.id} lost`);
    trace.note(consumer.process.name, `ack ${this.topic.name} ${message.id}`);
    this.acked.add(message);
    this.lately = [...this.lately.slice(-20), message];
    this.waiting = this.waiting.filter((one) => one.message !== message);
    this.close(handout);
  }

  private close(handout: Handout): void {
    handout.isSettled = true;
    if (handout.consumer.open.delete(handout)) this.disk.world.scheduler.after(0, () => this.pump());
  }

  private giveBack(handout: Handout, delayMs: number): void {
    if (handout.isSettled) return;
    this.close(handout);
    if (this.acked.has(handout.message)) return;
    this.seen.add(handout.message);
    this.enqueue(handout.message, delayMs);
  }

  private enqueue(message: StoredMessage, delayMs: number): void {
    const { scheduler } = this.disk.world;
    const waiting = { message, notBefore: scheduler.now + delayMs };
    const at = this.waiting.findIndex((one) => one.message.order >= message.order);
    if (this.waiting[at]?.message === message) return;
    if (at < 0) this.waiting.push(waiting);
    else this.waiting.splice(at, 0, waiting);
    scheduler.after(delayMs, () => this.pump());
  }
}
