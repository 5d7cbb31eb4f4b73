import type { Instant } from '@tollkeeper/kernel';
import type { RefusalReason } from '../events/batch-tracker.js';
import { isGreaterId } from '../identity/fingerprint.js';
import type { PageEvent } from '../pages/page-events.js';
import { mostSources, type SourceMark } from './account-state.js';

export interface TimeWindow {
  /** Events measured longer ago are refused. */
  readonly lateMs: number;
  /** Events measured further ahead are refused. */
  readonly earlyMs: number;
}

/** What a page's events are, as far as the account's state alone can tell. */
export interface SortedEvents {
  /** Indexes of events that the account may not have yet: to be priced, once the doubtful ones are looked up. */
  readonly candidates: readonly number[];
  /** Those of the candidates whose id is not greater than all that the account has seen. */
  readonly doubtful: readonly number[];
  /** Index → index of an earlier event of this page with the same identity. */
  readonly repeats: ReadonlyMap<number, number>;
  readonly refused: ReadonlyMap<number, RefusalReason>;
}

const none: ReadonlyMap<number, never> = new Map<number, never>();

interface Running {
  readonly source: string;
  /** Greatest id in the chain; undefined when the chain has none of this source. */
  readonly inChain: string | undefined;
  inPage: string | undefined;
}

/** Sorts a page's events without looking into the chain. Most events of most pages are provably new here. */
export function sortEvents(marks: readonly SourceMark[], events: readonly PageEvent[], now: Instant, window: TimeWindow): SortedEvents {
  const candidates: number[] = [];
  const doubtful: number[] = [];
  let repeats: Map<number, number> | undefined;
  let refused: Map<number, RefusalReason> | undefined;
  const oldest = now - window.lateMs;
  const newest = now + window.earlyMs;
  const running: Running[] = marks.map(({ source, greatest }) => ({ source, inChain: greatest, inPage: undefined }));
  let byIdentity: Map<string, number> | undefined;
  let last = running[0];
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    if (!event) continue;
    const { source, id, time } = event;
    if (!(time >= oldest && time <= newest && Number.isSafeInteger(time))) {
      (refused ??= new Map()).set(index, Number.isSafeInteger(time) ? (time < oldest ? 'too_late' : 'too_early') : 'invalid_event');
      continue;
    }
    if (last?.source !== source) last = running.find((one) => one.source === source);
    if (!last) {
      last = { source, inChain: undefined, inPage: undefined };
      running.push(last);
    }
    // Once all places for sources are taken, a source without one may be in the chain as well.
    const isNew = last.inChain === undefined ? marks.length < mostSources : isGreaterId(id, last.inChain);
    if (last.inPage === undefined || isGreaterId(id, last.inPage)) {
      last.inPage = id;
    } else {
      byIdentity ??= identities(events, index);
      const first = byIdentity.get(identityKey(source, id));
      if (first !== undefined) {
        (repeats ??= new Map()).set(index, first);
        continue;
      }
    }
    byIdentity?.set(identityKey(source, id), index);
    candidates.push(index);
    if (!isNew) doubtful.push(index);
  }
  return { candidates, doubtful, repeats: repeats ?? none, refused: refused ?? none };
}

/** Identity → first index, for the events before `until`. */
function identities(events: readonly PageEvent[], until: number): Map<string, number> {
  const found = new Map<string, number>();
  for (let i = 0; i < until; i++) {
    const event = events[i];
    if (!event) continue;
    const key = identityKey(event.source, event.id);
    if (!found.has(key)) found.set(key, i);
  }
  return found;
}

/** The marks after events were booked. */
export function advanceMarks(marks: readonly SourceMark[], booked: readonly PageEvent[]): readonly SourceMark[] {
  const next: { source: string; greatest: string }[] = marks.map((mark) => ({ ...mark }));
  let last = next[0];
  for (const { source, id } of booked) {
    if (last?.source !== source) last = next.find((mark) => mark.source === source);
    if (last) {
      if (isGreaterId(id, last.greatest)) last.greatest = id;
    } else if (next.length < mostSources) {
      last = { source, greatest: id };
      next.push(last);
    }
  }
  return next;
}

/** Same reading, whichever receipt brought it. */
export function isSameContent(a: PageEvent, b: PageEvent): boolean {
  return a.meter === b.meter && a.time === b.time && a.quantity === b.quantity && a.key === b.key && isSameMap(a.dimensions, b.dimensions);
}

/** The very same line of the very same batch: delivered twice, not sent twice. */
export function isSameDelivery(a: PageEvent, b: PageEvent): boolean {
  return a.receiptId === b.receiptId && a.ordinal === b.ordinal;
}

function isSameMap(a: PageEvent['dimensions'], b: PageEvent['dimensions']): boolean {
  if (a === b) return true;
  const names = Object.keys(a ?? {});
  return names.length === Object.keys(b ?? {}).length && names.every((name) => a?.[name] === b?.[name]);
}

/** One text for one pair, whatever characters are in them. */
export function identityKey(source: string, id: string): string {
  return `${source.length} ${source}${id}`;
}
