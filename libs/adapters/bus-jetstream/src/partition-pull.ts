import { createInbox, type Msg, nanos, type NatsConnection, type Subscription as NatsSubscription } from '@nats-io/transport-node';
import type { Timers } from '@tollkeeper/ports';
import type { JetStreamApi } from './jet-stream-api.js';
import { within } from './system-timers.js';

export interface PullRoom {
  readonly messages: number;
  readonly bytes: number;
}

export interface PullOwner {
  /** What may come now; undefined is nothing. Asked again after `poke`. */
  room(): PullRoom | undefined;
  received(message: Msg): void;
  /** The consumer does not answer: it may have to be made again. */
  missing(): void;
}

/** A request that nothing comes to ends after this, and the next one follows. */
const expiresMs = 30_000;
const heartbeatMs = 5_000;
const silenceMs = 12_000;
const backoffMs = 250;
/** A server that hangs is not waited for. */
const drainMs = 2_000;
/** So many refusals one after the other are no election any more. */
const patience = 8;

const heartbeat = 100;
const noResponders = 503;

/**
 * Pulls the messages of one partition, one request at a time. Requests end by themselves: with their last message, by their
 * age, when the server says so, when it is silent.
 */
export class PartitionPull {
  private readonly inbox = createInbox();
  private listening: NatsSubscription | undefined;
  private number = 0;
  private left = 0;
  private heardAt = 0;
  private refusals = 0;
  private stopped: Promise<void> | undefined;
  private cancelWait: (() => void) | undefined;
  private cancelWatch: (() => void) | undefined;

  constructor(
    private readonly connection: NatsConnection,
    private readonly api: JetStreamApi,
    private readonly timers: Timers,
    private readonly stream: string,
    private readonly consumer: string,
    private readonly owner: PullOwner,
  ) {}

  start(): void {
    if (this.stopped) return;
    this.listening = this.connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.heard(message);
      },
    });
    this.watch();
    this.poke();
  }

  /** There may be room: asks for more, unless it has asked. */
  poke(): void {
    if (this.stopped || !this.listening || this.left > 0 || this.cancelWait) return;
    const room = this.owner.room();
    if (!room) return;
    this.left = room.messages;
    this.heardAt = performance.now();
    this.api.pull(this.stream, this.consumer, `${this.inbox}.${++this.number}`, {
      batch: room.messages,
      max_bytes: room.bytes,
      expires: nanos(expiresMs),
      idle_heartbeat: nanos(heartbeatMs),
    });
  }

  /** The request may be lost with the connection. */
  reconnected(): void {
    this.left = 0;
    this.poke();
  }

  /** Asks for nothing more; resolves when everything that was under way has been received. */
  stop(): Promise<void> {
    return (this.stopped ??= this.end());
  }

  private async end(): Promise<void> {
    this.cancelWait?.();
    this.cancelWatch?.();
    try {
      if (!this.listening || this.listening.isClosed()) return;
      await within(this.timers, drainMs, this.listening.drain());
    } catch {
      // Without a connection nothing is under way.
    }
  }

  private heard(message: Msg): void {
    this.heardAt = performance.now();
    const code = message.data.length === 0 ? (message.headers?.code ?? 0) : 0;
    if (code === heartbeat) return;
    if (code === 0) {
      this.refusals = 0;
      this.owner.received(message);
      if (this.left > 0 && --this.left === 0) queueMicrotask(() => this.poke());
      return;
    }
    if (message.subject === `${this.inbox}.${this.number}`) this.ended(code, message.headers?.description ?? '');
  }

  private ended(code: number, reason: string): void {
    this.left = 0;
    const isRefusal = code === noResponders || /leadership|deleted|shutdown/i.test(reason);
    if (!isRefusal && (code === 408 || code === 404 || code === 409)) return this.poke();
    if (this.stopped || this.cancelWait) return;
    if (++this.refusals % patience === 0 || /deleted/i.test(reason)) this.owner.missing();
    this.cancelWait = this.timers.after(backoffMs, () => {
      this.cancelWait = undefined;
      this.poke();
    });
  }

  /** A server that ends without a word takes the request with it. */
  private watch(): void {
    this.cancelWatch = this.timers.after(heartbeatMs, () => {
      if (this.left > 0 && performance.now() - this.heardAt > silenceMs) {
        this.left = 0;
        this.poke();
      }
      this.watch();
    });
  }
}
