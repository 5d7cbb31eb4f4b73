import type { Msg } from '@nats-io/transport-node';
import type { Timers } from '@tollkeeper/ports';
import { deliveryFacts, JetStreamDelivery, type DeliveryOwner } from './jet-stream-delivery.js';
import { fromHeaders, fromPartHeader, type Part } from './message.mapping.js';
import type { PartitionPull } from './partition-pull.js';

/** A message of several parts, some of which have come. */
interface Split {
  readonly head: JetStreamDelivery;
  readonly parts: (Uint8Array | undefined)[];
  missing: number;
}

/** What a partition needs of its subscription. */
export interface HeldPartitionOwner extends DeliveryOwner {
  /** Something can be handed out. */
  wake(): void;
  /** Reads a part from the stream itself, when it does not come; undefined when it is not there. */
  readPart(sequence: number, part: Part): Promise<Uint8Array | undefined>;
  /** The message cannot be put together now. */
  onFault(fault: unknown): void;
}

/** What a message takes in memory beside its content, about. */
const overheadBytes = 512;
/** The other parts follow the first one at once, unless they were delivered before. */
const partsDueMs = 500;
const retryPartsMs = 5_000;

/** The messages of one partition that this subscription has: ready in memory, or handed out and not yet acknowledged. */
export class HeldPartition {
  pull: PartitionPull | undefined;
  /** Messages stored before may have been handed out by somebody else, of whom the server has not written it down. */
  suspectBeforeMs = 0;
  isReleasing = false;
  readyBytes = 0;
  private ready: JetStreamDelivery[] = [];
  private next = 0;
  private readonly open = new Map<string, JetStreamDelivery>();
  private readonly splits = new Map<string, Split>();

  constructor(
    readonly number: number,
    private readonly timers: Timers,
    private readonly owner: HeldPartitionOwner,
  ) {}

  get readyCount(): number {
    return this.ready.length - this.next;
  }

  get openDeliveries(): Iterable<JetStreamDelivery> {
    return this.open.values();
  }

  get isEmpty(): boolean {
    return this.open.size === 0;
  }

  /** The first that can be handed out, unless parts of it are missing: those behind it wait for it. */
  take(): JetStreamDelivery | undefined {
    for (;;) {
      const first = this.ready[this.next];
      if (!first || (first.state === 'ready' && first.data === undefined)) return undefined;
      this.next++;
      if (this.next === this.ready.length || this.next > 4096) {
        this.ready = this.ready.slice(this.next);
        this.next = 0;
      }
      this.readyBytes -= first.bytes;
      if (first.state === 'ready') return first;
    }
  }

  forget(delivery: JetStreamDelivery): void {
    this.open.delete(delivery.facts.key);
    for (const [split, { head }] of this.splits) if (head === delivery) this.splits.delete(split);
  }

  received(message: Msg): void {
    const { reply = '', data } = message;
    const part = fromPartHeader(message.headers);
    if (part && part.index > 0) return this.receivedPart(reply, part, data);
    const facts = deliveryFacts(reply);
    const known = this.open.get(facts.key);
    if (known) return known.deliveredAgain(reply);
    const redelivered = facts.deliveries > 1 || facts.storedAtMs < this.suspectBeforeMs;
    const head = fromHeaders(message.headers);
    const bytes = data.length * (part?.count ?? 1) + overheadBytes;
    const delivery = new JetStreamDelivery(head, this.number, redelivered, facts, part ? undefined : data, bytes, reply, this.owner);
    if (this.isReleasing) return delivery.giveBack(0);
    this.open.set(facts.key, delivery);
    this.ready.push(delivery);
    this.readyBytes += bytes;
    if (part) this.begin(part, delivery, data);
    else this.owner.wake();
  }

  private begin(part: Part, head: JetStreamDelivery, data: Uint8Array): void {
    const parts: (Uint8Array | undefined)[] = Array.from({ length: part.count });
    parts[0] = data;
    const split: Split = { head, parts, missing: part.count - 1 };
    this.splits.set(part.split, split);
    this.timers.after(head.facts.deliveries > 1 ? 0 : partsDueMs, () => void this.complete(part, split));
  }

  /** A part needs no acknowledgement of its own: it stays in the stream as long as the first one does. */
  private receivedPart(reply: string, part: Part, data: Uint8Array): void {
    this.owner.answer(this.number, reply, '+ACK');
    this.add(part, data);
  }

  private add({ split: name, index }: Part, data: Uint8Array): void {
    const split = this.splits.get(name);
    if (!split || split.parts[index]) return;
    split.parts[index] = data;
    if (--split.missing > 0) return;
    this.splits.delete(name);
    split.head.data = Buffer.concat(split.parts.filter((bytes) => bytes !== undefined));
    this.owner.wake();
  }

  /** Parts that were acknowledged before do not come again; they stand right behind the first one in the stream. */
  private async complete({ split, count }: Part, { head, parts }: Split): Promise<void> {
    try {
      for (let index = 1; index < count && this.splits.has(split); index++) {
        if (parts[index]) continue;
        const part = { split, index, count };
        const data = await this.owner.readPart(head.facts.sequence + index, part);
        if (!data) throw new Error(`part ${index + 1} of ${count} of message ${head.id} is not in the stream`);
        this.add(part, data);
      }
    } catch (error) {
      this.owner.onFault(error);
      head.giveBack(retryPartsMs);
    }
  }
}
