import type { Bus, Timers } from '@tollkeeper/ports';
import { factsTopic } from './topics.js';

const lookEveryMs = 5;
/** A consumer that is this far behind is broken or very busy; what is due can wait for the next round. */
const longestWaitMs = 30_000;

/**
 * Resolves when a group has consumed every fact told so far, so that what falls due is decided with all that happened
 * before. Gives up, without an error, when the group stays behind: the work that follows is idempotent and comes again.
 */
export async function factsCaughtUp(bus: Bus, timers: Timers, group: string): Promise<boolean> {
  for (let waitedMs = 0; waitedMs <= longestWaitMs; waitedMs += lookEveryMs) {
    if ((await bus.lag(factsTopic, group)) === 0) return true;
    await new Promise<void>((resolve) => void timers.after(lookEveryMs, resolve));
  }
  return false;
}
