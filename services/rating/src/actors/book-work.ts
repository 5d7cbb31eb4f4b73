import type { Entry, Instant } from '@tollkeeper/kernel';
import type { Refusal } from '../events/batch-tracker.js';
import type { PageEvent } from '../pages/page-events.js';
import type { Account } from './account-store.js';
import { type BookInput, eventOutcome } from './device-account.contract.js';
import { conflictWith, refusedByTime, unknownDevice } from './refusals.js';
import { isSameContent, isSameDelivery, type SortedEvents, sortEvents, type TimeWindow } from './sort-events.js';

/** A call on its way to an entry. */
export interface Work {
  readonly index: number;
  readonly input: BookInput;
  account: Account;
  now: Instant;
  sorted: SortedEvents;
  outcomes: Uint8Array;
  /** Shared and empty until `refuse` puts something in. */
  refusals: ReadonlyMap<number, Refusal>;
  /** What the account has under the identity of an event, by the event's index. */
  known: ReadonlyMap<number, PageEvent>;
  /** Indexes of the events to be priced. */
  fresh: readonly number[];
  next: Account | undefined;
  entry: Entry | undefined;
}

/** Sorts the events of a call by what the account's state alone can tell of them. */
export function beginWork(index: number, input: BookInput, account: Account, now: Instant, window: TimeWindow): Work {
  const { events } = input;
  const outcomes = new Uint8Array(events.length);
  const work: Work = { index, input, account, now, sorted: nothing, outcomes, refusals: none, known: none, fresh: [], next: undefined, entry: undefined };
  if (!account.state) {
    const refusal = unknownDevice(input.device);
    for (let i = 0; i < events.length; i++) refuse(work, i, refusal);
    return work;
  }
  work.sorted = sortEvents(account.state.sources, events, now, window);
  work.fresh = work.sorted.candidates;
  for (const [at, reason] of work.sorted.refused) {
    const event = events[at];
    if (event) refuse(work, at, refusedByTime(reason, event, window));
  }
  return work;
}

/** Most pages have nothing of the kind: they share one. */
const none: ReadonlyMap<number, never> = new Map<number, never>();
const nothing: SortedEvents = { candidates: [], doubtful: [], repeats: none, refused: none };

/** The event goes to the quarantine, with why. */
export function refuse(work: Work, at: number, refusal: Refusal): void {
  work.outcomes[at] = eventOutcome.refused;
  if (work.refusals === none) work.refusals = new Map<number, Refusal>();
  (work.refusals as Map<number, Refusal>).set(at, refusal);
}

/** Compares an event with the one that the account has under its identity. */
export function judge(work: Work, at: number, event: PageEvent, earlier: PageEvent): void {
  if (!isSameContent(event, earlier)) refuse(work, at, conflictWith(event, earlier));
  else work.outcomes[at] = isSameDelivery(event, earlier) ? eventOutcome.booked : eventOutcome.duplicate;
}

/**
 * Events that stand twice in one page end as the first of them did, when that one is booked or was. Answers those that
 * stand behind a refused one and say something else: what they are depends on the account alone, not on their neighbours.
 */
export function resolveRepeats(work: Work): readonly number[] {
  const open: number[] = [];
  for (const [at, first] of work.sorted.repeats) {
    const event = work.input.events[at];
    const earlier = work.input.events[first];
    if (!event || !earlier) continue;
    const known = work.known.get(first);
    if (known) {
      judge(work, at, event, known);
      continue;
    }
    const refusal = work.refusals.get(first);
    const isSame = isSameContent(event, earlier);
    if (refusal && !isSame) open.push(at);
    else if (refusal) refuse(work, at, refusal);
    else if (!isSame) refuse(work, at, conflictWith(event, earlier));
    else if (work.outcomes[first] === eventOutcome.duplicate || !isSameDelivery(event, earlier)) work.outcomes[at] = eventOutcome.duplicate;
  }
  return open;
}
