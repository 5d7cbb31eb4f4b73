import type { FrameDraft, PublishedFrame } from './frame.js';
import type { SegmentLog } from './segment-log.js';

/** A frame on its way to the disk. */
export interface PendingFrame extends PublishedFrame {
  readonly bytes: Buffer;
  resolve(): void;
  reject(reason: unknown): void;
}

/** Writes frames in groups, back to back: those published while one group is synced make up the next. */
export class GroupSync {
  private waiting: PendingFrame[] = [];
  private running: Promise<void> | undefined;
  /** Where the next frame will stand when everything that waits gets written. */
  private nextPosition: number;
  private pendingBytes = 0;

  constructor(
    private readonly log: SegmentLog,
    private readonly maxGroupBytes: number,
    private readonly onDurable: (frame: PendingFrame) => void,
    private readonly onFailure: (error: unknown) => Error,
  ) {
    this.nextPosition = log.end;
  }

  /** Bytes on their way to the disk. */
  get bytesWaiting(): number {
    return this.pendingBytes;
  }

  /** Resolves when the frame is durable. */
  add(topic: string, partition: number, draft: FrameDraft): Promise<void> {
    const position = this.nextPosition;
    const durable = this.log.end;
    const header = { position, length: draft.bytes, durable, topic, partition, count: draft.messages.length };
    const bytes = draft.encode(position, durable);
    this.nextPosition += draft.bytes;
    this.pendingBytes += draft.bytes;
    return new Promise((resolve, reject) => {
      this.waiting.push({ header, bytes, messages: draft.messages, values: draft.values, resolve, reject });
      // What else is published in this turn of the event loop goes along.
      this.running ??= Promise.resolve().then(() => this.run());
    });
  }

  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    while (this.waiting.length > 0) {
      const group = this.takeGroup();
      try {
        await this.log.write(group.map((frame) => frame.bytes));
      } catch (error) {
        this.fail(group, this.onFailure(error));
        break;
      }
      for (const frame of group) {
        this.pendingBytes -= frame.bytes.length;
        this.onDurable(frame);
        frame.resolve();
      }
    }
    this.running = undefined;
  }

  private takeGroup(): PendingFrame[] {
    let bytes = 0;
    let count = 0;
    for (const frame of this.waiting) {
      if (count > 0 && bytes + frame.bytes.length > this.maxGroupBytes) break;
      bytes += frame.bytes.length;
      count++;
    }
    return this.waiting.splice(0, count);
  }

  /** Positions are given out in order, so that what waits behind a failed group fails with it. */
  private fail(group: readonly PendingFrame[], failure: Error): void {
    const failed = [...group, ...this.waiting];
    this.waiting = [];
    this.pendingBytes = 0;
    this.nextPosition = this.log.end;
    for (const frame of failed) frame.reject(failure);
  }
}
