import { setTimeout as delay } from 'node:timers/promises';

// Waiting longer than this between two looks means that the machine stood still, not that the other side was slow.
const longestTurnMs = 3_000;

export interface PatienceOptions {
  /** How long to wait, counting only time in which this machine ran: virtual machines are suspended for a minute at times. 30 s when left out. */
  readonly timeoutMs?: number;
  /** Pause between two looks; 25 ms when left out. */
  readonly pollMs?: number;
  /** What did not come true; the error says this, or throws what `look` threw last. */
  readonly otherwise?: string;
}

/** Looks until it is given something other than undefined and false, and answers that; errors count as not yet until the time is over. */
export async function patiently<T>(look: () => Promise<T> | T, options: PatienceOptions = {}): Promise<Exclude<T, undefined | false>> {
  const { timeoutMs = 30_000, pollMs = 25, otherwise = 'what was waited for did not happen' } = options;
  let waitedMs = 0;
  for (;;) {
    const begun = performance.now();
    let failure: unknown;
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen as Exclude<T, undefined | false>;
    } catch (error) {
      failure = error;
    }
    if (waitedMs > timeoutMs) throw failure ?? new Error(`${otherwise} within ${timeoutMs} ms`);
    await delay(pollMs);
    waitedMs += Math.min(performance.now() - begun, longestTurnMs);
  }
}
