import type { Timers } from '@tollkeeper/ports';

export const systemTimers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

export function waiting(timers: Timers, delayMs: number): Promise<void> {
  return new Promise((resolve) => timers.after(delayMs, resolve));
}

/** Resolves or rejects as the work does, or resolves when the time is over. */
export async function within(timers: Timers, limitMs: number, work: Promise<unknown>): Promise<void> {
  let cancel = (): void => undefined;
  const over = new Promise<void>((resolve) => (cancel = timers.after(limitMs, resolve)));
  try {
    await Promise.race([work, over]);
  } finally {
    cancel();
  }
}
