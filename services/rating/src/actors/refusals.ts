import { toRfc3339 } from '@tollkeeper/kernel';
import type { Refusal, RefusalReason } from '../events/batch-tracker.js';
import type { PageEvent } from '../pages/page-events.js';

const dayMs = 86_400_000;

export function unknownDevice(device: string): Refusal {
  return {
    reason: 'unknown_device',
    detail: `No contract covers a device with the reference ${JSON.stringify(device)}. Register it and put it under a contract, or mend the reference, then replay.`,
    param: 'device',
  };
}

export function conflictWith(event: PageEvent, earlier: PageEvent): Refusal {
  return {
    reason: 'conflict',
    detail:
      `The id ${JSON.stringify(event.id)} of source ${JSON.stringify(event.source)} was used before with other content ` +
      `(${difference(event, earlier)}); the first one stays booked. Give this reading an id of its own and replay it, or discard it.`,
    param: 'id',
  };
}

function difference(event: PageEvent, earlier: PageEvent): string {
  const changes: string[] = [];
  const add = (name: string, now: string, before: string) => {
    if (now !== before) changes.push(`${name} ${JSON.stringify(before)} then, ${JSON.stringify(now)} now`);
  };
  add('meter', event.meter, earlier.meter);
  if (event.time !== earlier.time) changes.push(`time ${toRfc3339(earlier.time)} then, ${toRfc3339(event.time)} now`);
  add('quantity', event.quantity, earlier.quantity);
  add('key', event.key, earlier.key);
  return changes.length > 0 ? changes.join('; ') : 'other dimensions';
}

/** Refusals that only the event's time decides. */
export function refusedByTime(reason: RefusalReason, event: PageEvent, window: { readonly lateMs: number; readonly earlyMs: number }): Refusal {
  switch (reason) {
    case 'too_late':
      return {
        reason,
        detail: `It was measured ${toRfc3339(event.time)}, more than ${days(window.lateMs)} before it was to be booked. Charge it by hand, or correct its time and replay it.`,
        param: 'time',
      };
    case 'too_early':
      return {
        reason,
        detail: `Its time ${toRfc3339(event.time)} lies more than ${days(window.earlyMs)} ahead. Check the clock of the source, correct the time and replay it.`,
        param: 'time',
      };
    default:
      return { reason: 'invalid_event', detail: 'Its time is not a whole number of milliseconds that a calendar knows.', param: 'time' };
  }
}

function days(ms: number): string {
  const count = Math.round(ms / dayMs);
  return count === 1 ? 'one day' : `${count} days`;
}
