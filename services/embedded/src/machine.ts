import { randomBytes } from 'node:crypto';
import type { Clock, Randomness } from '@tollkeeper/kernel';
import type { Timers } from '@tollkeeper/ports';

/** The one place that reads the machine's clock, its chance and its timers. */
export const machineClock: Clock = { now: () => Date.now() };

export const machineRandomness: Randomness = { bytes: (count) => randomBytes(count) };

export const machineTimers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};
