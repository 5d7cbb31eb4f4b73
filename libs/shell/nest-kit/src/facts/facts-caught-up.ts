import type { Bus, Timers, Topic } from '@tollkeeper/ports';
import type { TenantClocks } from '../clock/tenant-clocks.js';
import { factsTopic } from './topics.js';

const firstWaitMs = 5;
const longestWaitBetweenMs = 100;
/** A consumer that is this far behind is broken or very busy; what is due can wait for the next round. */
const longestWaitMs = 30_000;
const liveWaitMs = 2_000;

/**
 * Resolves when a group has consumed every fact told so far, so that what falls due is decided with all that happened
 * before. Gives up, without an error, when the group stays behind: the work that follows is idempotent and comes again.
 */
export function factsCaughtUp(bus: Bus, timers: Timers, group: string, atMostMs = longestWaitMs): Promise<boolean> {
  return caughtUp(bus, timers, factsTopic, group, atMostMs);
}

/** The same for any topic. */
export async function caughtUp(bus: Bus, timers: Timers, topic: Topic<unknown>, group: string, atMostMs: number): Promise<boolean> {
  let waitMs = firstWaitMs;
  for (let waitedMs = 0; waitedMs <= atMostMs; waitedMs += waitMs) {
    if ((await bus.lag(topic, group)) === 0) return true;
    await new Promise<void>((resolve) => void timers.after(waitMs, resolve));
    waitMs = Math.min(waitMs * 1.25, longestWaitBetweenMs);
  }
  return false;
}

/**
 * How long what falls due for a tenant waits for facts. A sandbox's day is over only when all of it is in; for a live tenant
 * the next round comes within a minute, and where other tenants' facts never cease nobody is ever quite caught up.
 */
export function patienceFor(clocks: TenantClocks, tenantId: string): number {
  return clocks.testClock(tenantId) === undefined ? liveWaitMs : longestWaitMs;
}
