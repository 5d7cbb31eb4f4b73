import type { Instant } from '@tollkeeper/kernel';

const dayMs = 86_400_000;

/** The days that one call may go; a longer way is several calls, each with its answer. */
export const mostDaysPerAdvance = 400;

export const longestAdvanceMs = mostDaysPerAdvance * dayMs;

/** Every UTC midnight after `from` and before `to`, then `to` itself: no day's work is skipped. */
export function clockSteps(from: Instant, to: Instant): Instant[] {
  const steps: Instant[] = [];
  for (let midnight = (Math.floor(from / dayMs) + 1) * dayMs; midnight < to; midnight += dayMs) steps.push(midnight);
  if (to > from) steps.push(to);
  return steps;
}
