import type { Timers } from '@tollkeeper/ports';

/** How often a service looks for what a crash or a failure left undone. */
export const sweepEveryMs = 30_000;

/** Work that is done at the start and again from time to time, one round after the other, until it is stopped. */
export class Rounds {
  private cancel: (() => void) | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(
    private readonly timers: Timers,
    private readonly everyMs: number,
    private readonly work: () => Promise<unknown>,
    /** Told of a round that failed; the next one tries again. */
    private readonly onFailed: (error: unknown) => void,
  ) {}

  /** Resolves after the first round, also when it failed. */
  start(): Promise<void> {
    this.running = this.round();
    return this.running;
  }

  /** No round begins any more; resolves when the one under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.running;
  }

  private async round(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      this.onFailed(error);
    }
    if (this.stopped) return;
    this.cancel = this.timers.after(this.everyMs, () => {
      this.running = this.round();
    });
  }
}
