import type { Timers } from '@tollkeeper/ports';

const firstWaitMs = 200;
const longestWaitMs = 5_000;

export interface Trying {
  readonly timers: Timers;
  /** When it aborts, trying ends with its reason. */
  readonly signal: AbortSignal;
  /** Told of each failure before the next attempt. */
  onFailed(error: unknown): void;
}

/** Tries until it works: what this process needs may be started after it, and comes back after it was away. */
export async function keepTrying<T>({ timers, signal, onFailed }: Trying, work: () => Promise<T>): Promise<T> {
  for (let waitMs = firstWaitMs; ; waitMs = Math.min(waitMs * 2, longestWaitMs)) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      onFailed(error);
    }
    await new Promise<void>((resolve) => {
      const cancel = timers.after(waitMs, resolve);
      signal.addEventListener('abort', () => (cancel(), resolve()), { once: true });
    });
  }
}
