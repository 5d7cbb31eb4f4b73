import { randomBytes } from 'node:crypto';
import type { Clock, Randomness } from '@tollkeeper/kernel';
import { beyondRequest } from '@tollkeeper/nest-kit';
import type { Timers } from '@tollkeeper/ports';

/** The one place that reads the machine's clock, its chance and its timers. */
export const machineClock: Clock = { now: () => Date.now() };

export const machineRandomness: Randomness = { bytes: (count) => randomBytes(count) };

export const machineTimers: Timers = {
  after(delayMs, work) {
    // What waits for its time is not part of the request that thought of it: its deadline does not hold for it.
    const timer = setTimeout(() => beyondRequest(work), delayMs);
    return () => clearTimeout(timer);
  },
};
