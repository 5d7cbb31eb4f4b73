import type { Delivery } from '@tollkeeper/ports';
import type { MessageHead } from './message.mapping.js';

/** What the reply subject of a delivered message tells: `$JS.ACK.…<deliveries>.<sequence>.<consumer sequence>.<nanoseconds>.<pending>`. */
export interface DeliveryFacts {
  readonly deliveries: number;
  /** The place in the stream now. Not kept: it may be given to another message after a loss. */
  readonly sequence: number;
  readonly storedAtMs: number;
  /** Tells this message from others while it is open, also from one that got its number later. */
  readonly key: string;
}

export function deliveryFacts(reply: string): DeliveryFacts {
  const tokens = reply.split('.');
  const start = tokens.length === 9 ? 4 : 6;
  const [deliveries = '0', sequence = '0', , nanoseconds = '0'] = tokens.slice(start);
  return { deliveries: Number(deliveries), sequence: Number(sequence), storedAtMs: Number(nanoseconds.slice(0, -6)), key: `${sequence}/${nanoseconds}` };
}

export interface DeliveryOwner {
  /** Sends the server an answer; lost when the connection is. */
  answer(partition: number, reply: string, text: string): void;
  /** It is not in flight any more: acknowledged, or given back. */
  finished(delivery: JetStreamDelivery): void;
}

/** `ready` in memory, `out` with the handler, `returned` to the server for another time, `done`. */
type DeliveryState = 'ready' | 'out' | 'returned' | 'done';

export class JetStreamDelivery implements Delivery<unknown> {
  state: DeliveryState = 'ready';
  value: unknown;
  id: string;
  readonly headers: Readonly<Record<string, string>> | undefined;
  /** When the server last heard of it, by performance.now(). */
  touchedAt = performance.now();

  constructor(
    readonly head: MessageHead,
    readonly partition: number,
    public redelivered: boolean,
    readonly facts: DeliveryFacts,
    /** The whole content until it is handed out; undefined while parts of it are missing. */
    public data: Uint8Array | undefined,
    /** What it takes in memory until then, about. */
    readonly bytes: number,
    private reply: string,
    private readonly owner: DeliveryOwner,
  ) {
    this.id = head.id;
    this.headers = head.headers;
  }

  ack(): void {
    if (this.state === 'done') return;
    this.owner.answer(this.partition, this.reply, '+ACK');
    this.leave('done');
  }

  retry(delayMs: number): void {
    if (this.state === 'out') this.giveBack(delayMs);
  }

  /** The server delivers it again, to whoever pulls then. */
  giveBack(delayMs: number): void {
    if (this.state !== 'ready' && this.state !== 'out') return;
    this.owner.answer(this.partition, this.reply, delayMs > 0 ? `-NAK ${JSON.stringify({ delay: Math.ceil(delayMs * 1e6) })}` : '-NAK');
    this.leave('returned');
  }

  /** Work goes on: the time for the acknowledgement begins anew. */
  extend(): void {
    this.touchedAt = performance.now();
    this.owner.answer(this.partition, this.reply, '+WPI');
  }

  /** The server has delivered it again meanwhile; it is answered there. */
  deliveredAgain(reply: string): void {
    this.reply = reply;
    this.touchedAt = performance.now();
  }

  private leave(state: DeliveryState): void {
    const wasOpen = this.state === 'ready' || this.state === 'out';
    if (wasOpen) this.owner.finished(this);
    this.state = state;
  }
}
