import { toRfc3339 } from '@tollkeeper/kernel';
import type { UsageEvent } from '@tollkeeper/metering';
import type { RatingRefusalReason } from '@tollkeeper/rating';
import type { RatingCatalogue } from '../catalogue/rating-catalogue.js';
import type { Refusal, RefusalReason } from '../events/batch-tracker.js';
import type { PageEvent } from '../pages/page-events.js';
import type { AccountState } from './account-state.js';

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

/** What pricing refused, in words that name what to mend. */
export function refusedByRating(reason: RatingRefusalReason, event: UsageEvent, state: AccountState, catalogue: RatingCatalogue): Refusal {
  const meter = JSON.stringify(event.meter);
  const { currency, priceLists } = state.terms;
  switch (reason) {
    case 'unknown_meter':
      return { reason, detail: `There is no meter with the code ${meter}. Create it, or mend the code in the event or its mapping, then replay.`, param: 'meter' };
    case 'no_price': {
      const lists = priceLists.length === 0 ? 'names no price list' : `price lists (${priceLists.join(', ')}) have no price for it`;
      const detail = `The meter ${meter} has no price at ${toRfc3339(event.time)}: the contract's ${lists}. Add a price that is in effect then, and replay.`;
      return { reason, detail: detail.replace("contract's names", 'contract names'), param: 'meter' };
    }
    case 'price_not_applicable':
      return { reason: 'no_price', detail: `The price of ${meter} has time windows, which a register meter cannot have. Give it a price without windows, then replay.`, param: 'meter' };
    case 'currency_mismatch': {
      const list = priceLists.map((code) => catalogue.list(code)).find((one) => one && one.currency !== currency);
      const named = list ? `The price list ${JSON.stringify(list.code)} is in ${list.currency}` : 'The price list is in another currency';
      return { reason, detail: `${named}, the contract in ${currency}. Give the contract a price list in ${currency}, then replay.`, param: 'meter' };
    }
    case 'register_decreased':
      return {
        reason,
        detail: `The register ${meter} would count down: ${event.quantity} at ${toRfc3339(event.time)} does not lie between the readings around it. Correct the reading, then replay.`,
        param: 'quantity',
      };
    case 'unique_limit':
      return { reason: 'unique_limit_reached', detail: `The meter ${meter} has counted its most different keys in this period; no further ones can be charged.`, param: 'key' };
    case 'key_missing':
      return { reason: 'invalid_event', detail: `The meter ${meter} counts different keys, and the event has none. Give it a key, then replay.`, param: 'key' };
    case 'quantity_invalid':
      return {
        reason: 'invalid_event',
        detail: `The quantity ${JSON.stringify(event.quantity.slice(0, 60))} is not a decimal of at most 18 digits before and 12 after the point, such as 12.5. Mend it, then replay.`,
        param: 'quantity',
      };
    case 'invalid_time':
      return { reason: 'invalid_event', detail: 'Its time is not one that a calendar knows. Correct it, then replay.', param: 'time' };
    case 'too_late':
      return { reason, detail: `It was measured ${toRfc3339(event.time)}, in a period that was invoiced too long ago to be corrected. Charge it by hand, or correct its time and replay it.`, param: 'time' };
    case 'too_many_periods':
      return { reason: 'invalid_event', detail: 'The account has too many open periods; have its bill run done, then replay.', param: 'time' };
  }
}
