import type { BinaryLevel } from '@tollkeeper/data-folder';

type LevelBatch = ReturnType<BinaryLevel['batch']>;

/** Entries that become durable together, by one write and one sync. */
export class EntryGroup {
  readonly done: Promise<void>;
  readonly batch: LevelBatch;
  entries = 0;
  bytes = 0;
  private settle: { resolve(): void; reject(reason: Error): void } = { resolve: () => undefined, reject: () => undefined };

  constructor(
    level: BinaryLevel,
    readonly number: number,
  ) {
    this.batch = level.batch();
    this.done = new Promise((resolve, reject) => (this.settle = { resolve, reject }));
    // Whoever waits gets the rejection; a group whose callers are gone must not end the process.
    this.done.catch(() => undefined);
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.batch.put(key, value);
    this.bytes += key.length + value.length;
  }

  finish(failure: Error | undefined): void {
    if (failure) this.settle.reject(failure);
    else this.settle.resolve();
  }
}

export interface GroupLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

/**
 * Writes groups one after the other, back to back: while one is synced the next one fills. A failed write fails every
 * group behind it too, since their entries may stand on it.
 */
export class GroupWriter {
  /** All groups up to this number are durable. */
  durable = 0;
  private readonly waiting: EntryGroup[] = [];
  private lastNumber = 0;
  private running: Promise<void> | undefined;
  private newestDone: Promise<void> = Promise.resolve();

  constructor(
    private readonly level: BinaryLevel,
    private readonly limits: GroupLimits,
    private readonly onWritten: () => void,
    private readonly onFailure: (error: unknown) => Error,
  ) {}

  /** The number of the newest group. */
  get newest(): number {
    return this.lastNumber;
  }

  /** The group that takes the next entry. */
  open(): EntryGroup {
    const last = this.waiting.at(-1);
    if (last && last.entries < this.limits.maxEntries && last.bytes < this.limits.maxBytes) return last;
    const group = new EntryGroup(this.level, ++this.lastNumber);
    this.waiting.push(group);
    this.newestDone = group.done;
    // What else is appended in this turn of the event loop goes along.
    this.running ??= Promise.resolve().then(() => this.run());
    return group;
  }

  /** Resolves when every entry put so far is durable; rejects when one of those under way is not. */
  allWritten(): Promise<void> {
    return this.newestDone;
  }

  /** Resolves when nothing is on its way to the disk any more, whether it got there or not. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async run(): Promise<void> {
    let group: EntryGroup | undefined;
    while ((group = this.waiting.shift())) {
      try {
        await group.batch.write({ sync: true });
      } catch (error) {
        this.fail(group, this.onFailure(error));
        break;
      }
      this.durable = group.number;
      this.onWritten();
      group.finish(undefined);
    }
    this.running = undefined;
  }

  private fail(group: EntryGroup, failure: Error): void {
    this.durable = this.lastNumber;
    this.newestDone = Promise.resolve();
    group.finish(failure);
    for (const behind of this.waiting.splice(0)) {
      void behind.batch.close();
      behind.finish(failure);
    }
  }
}
