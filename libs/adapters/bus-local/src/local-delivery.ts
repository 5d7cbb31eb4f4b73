import type { PartitionProgress, OpenMessage } from './progress.js';

/** Whoever hands the message out: told when it is done with, or must be handed out again. */
export interface DeliveryOwner {
  finished(delivery: LocalDelivery): void;
  again(delivery: LocalDelivery, delayMs: number): void;
}

/** `queued` to be handed out, `out` with the handler, `waiting` for its next time, `done`. */
export type DeliveryState = 'queued' | 'out' | 'waiting' | 'done';

export class LocalDelivery implements OpenMessage {
  state: DeliveryState = 'queued';
  /** Takes one of the places in flight of its owner. */
  counted = false;

  constructor(
    readonly id: string,
    readonly value: unknown,
    readonly headers: Readonly<Record<string, string>> | undefined,
    public redelivered: boolean,
    readonly position: number,
    readonly frame: number,
    /** Bytes that it took in the log, as a measure of its memory. */
    readonly bytes: number,
    readonly progress: PartitionProgress,
    public owner: DeliveryOwner,
  ) {}

  get partition(): number {
    return this.progress.partition;
  }

  ack(): void {
    if (this.state === 'done' || !this.progress.acknowledged(this)) return;
    this.state = 'done';
    this.owner.finished(this);
  }

  retry(delayMs: number): void {
    if (this.state !== 'out') return;
    this.owner.again(this, delayMs);
  }
}
