import type { Instant } from '@tollkeeper/kernel';
import { ratePage } from '@tollkeeper/rating';
import type { RatingCatalogue } from '../catalogue/rating-catalogue.js';
import type { Refusal } from '../events/batch-tracker.js';
import type { Digest } from '../identity/digest.js';
import { encodePage } from '../pages/page.js';
import type { PageEvent } from '../pages/page-events.js';
import { type AccountState, addCharges, encodeState } from './account-state.js';
import { refusedByRating } from './refusals.js';
import { advanceMarks } from './sort-events.js';

export interface BuildPageInput {
  readonly state: AccountState;
  /** Number of the entry that is made. */
  readonly n: number;
  readonly now: Instant;
  readonly lateWindowMs: number;
  readonly catalogue: RatingCatalogue;
  /** None of them is in the account yet. */
  readonly events: readonly PageEvent[];
  readonly digest: Digest | undefined;
}

export interface BuiltPage {
  readonly booked: readonly PageEvent[];
  /** By index in `events`. */
  readonly refusals: ReadonlyMap<number, Refusal>;
  readonly state: AccountState;
  readonly body: Uint8Array;
  readonly stateBytes: Uint8Array;
}

const noRefusals: ReadonlyMap<number, Refusal> = new Map();

/** Prices events and makes the entry's bytes. Pure, and the same for live booking and for pricing a page again. */
export function buildPage(input: BuildPageInput): BuiltPage {
  const { state, n, now, catalogue, events, digest, lateWindowMs } = input;
  const { terms } = state;
  const rated = ratePage({ catalogue: catalogue.compiled, terms, state: state.rated, events, closedUntil: state.closedUntil, now, lateWindowMs });
  let booked = events;
  let refusals = noRefusals;
  if (rated.refusals.length > 0) {
    const refused = new Map<number, Refusal>();
    for (const { index, event, reason } of rated.refusals) refused.set(index, refusedByRating(reason, event, state, catalogue));
    refusals = refused;
    booked = events.filter((_, index) => !refused.has(index));
  }
  const next: AccountState = {
    terms,
    termsBytes: state.termsBytes,
    blocked: state.blocked,
    blockAskedBy: state.blockAskedBy,
    openedAt: state.openedAt,
    lastClosedAt: state.lastClosedAt,
    closedUntil: state.closedUntil,
    feesUntil: state.feesUntil,
    heldSince: state.heldSince === 0 && rated.lines.length > 0 ? now : state.heldSince,
    pages: state.pages + 1,
    lastDigest: digest ? n : state.lastDigest,
    events: state.events + booked.length,
    sources: advanceMarks(state.sources, booked),
    pending: addCharges(state, rated.lines),
    rated: rated.state,
  };
  const body = encodePage({ catalogue: catalogue.n, events: booked, charges: rated.lines, digest }, n);
  return { booked, refusals, state: next, body, stateBytes: encodeState(next) };
}
