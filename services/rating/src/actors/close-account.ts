import type { Instant } from '@tollkeeper/kernel';
import { localDateAt, periodCalendar } from '@tollkeeper/metering';
import { Decimal } from '@tollkeeper/money';
import { type AccountState, balanceOf, type PendingLine } from './account-state.js';
import { endOf, startOf } from './device-terms.js';

export type CloseReason = 'period_end' | 'threshold' | 'longest_time' | 'final';

const dayMs = 86_400_000;
/** Days of a fee that begins or ends inside a period are charged as a share of this many digits. */
const shareDigits = 12;

/** Recurring fees of the periods that ended at or before `until` and are not charged yet. */
function dueFees(state: AccountState, until: Instant): readonly PendingLine[] {
  const { terms } = state;
  if (terms.fees.length === 0) return [];
  const start = startOf(terms);
  const end = endOf(terms);
  const calendar = periodCalendar(terms.period, terms.timeZone);
  const lines: PendingLine[] = [];
  for (let period = calendar.at(Math.max(start, state.feesUntil)); period.end <= until && period.start < end; period = calendar.after(period)) {
    if (period.start < state.feesUntil) continue;
    const from = Math.max(period.start, start);
    const to = Math.min(period.end, end);
    const days = Decimal.fromInteger(daysBetween(from, to, terms.timeZone));
    const of = Decimal.fromInteger(daysBetween(period.start, period.end, terms.timeZone));
    for (const fee of terms.fees) {
      lines.push({
        periodStart: period.start,
        periodEnd: period.end,
        meter: '',
        priceList: '',
        effectiveFrom: 0,
        window: '',
        fee: fee.code,
        description: fee.description,
        adjustment: false,
        quantity: shareOf(Decimal.one, days, of),
        amount: shareOf(Decimal.of(fee.amount), days, of),
        events: 0,
      });
    }
  }
  return lines;
}

/** value × days ÷ of; divided last, so that a share that comes out even is exact. */
function shareOf(value: Decimal, days: Decimal, of: Decimal): Decimal {
  return days.equals(of) ? value : value.times(days).dividedBy(of).rounded(shareDigits);
}

/** Local days in [from, to). */
function daysBetween(from: Instant, to: Instant, timeZone: string): number {
  const day = (instant: Instant) => Date.parse(`${localDateAt(instant, timeZone)}T00:00:00Z`);
  return Math.round((day(to) - day(from)) / dayMs);
}

/** The state with the fees of ended periods among its pending lines: done before terms change, so that old fees stay old. */
export function accrueFees(state: AccountState, until: Instant, now: Instant): AccountState {
  const fees = dueFees(state, until);
  const calendar = periodCalendar(state.terms.period, state.terms.timeZone);
  const feesUntil = Math.max(state.feesUntil, calendar.at(until).start);
  if (fees.length === 0) return { ...state, feesUntil };
  return { ...state, feesUntil, pending: [...state.pending, ...fees], heldSince: state.heldSince === 0 ? now : state.heldSince };
}

export interface CloseRequest {
  readonly reason: CloseReason;
  /** Periods that end at or before this are closed. */
  readonly until: Instant;
  /** Whatever is pending is closed, of unfinished periods too. */
  readonly everything: boolean;
  /** Closed although it is less than the minimum. */
  readonly belowMinimum: boolean;
  readonly now: Instant;
}

export type Closing =
  | { readonly status: 'closed'; readonly lines: readonly PendingLine[]; readonly amount: Decimal; readonly state: AccountState }
  /** Less than the minimum, and not held too long yet. */
  | { readonly status: 'held'; readonly amount: Decimal }
  | { readonly status: 'nothing' };

/** What closing an account would do; pure. */
export function closeAccount(before: AccountState, request: CloseRequest): Closing {
  const { until, now } = request;
  const state = accrueFees(before, until, now);
  const lines = request.everything ? state.pending : state.pending.filter((line) => line.periodEnd <= until);
  if (lines.length === 0) return { status: 'nothing' };
  const amount = lines.reduce((sum, line) => sum.plus(line.amount), Decimal.zero);
  if (!request.belowMinimum && !request.everything && isHeld(state, amount, now)) return { status: 'held', amount };
  const rest = state.pending.filter((line) => !lines.includes(line));
  const closedUntil = Math.max(state.closedUntil, periodCalendar(state.terms.period, state.terms.timeZone).at(until).start);
  return {
    status: 'closed',
    lines,
    amount,
    state: { ...state, pending: rest, closedUntil, lastClosedAt: now, heldSince: rest.length === 0 ? 0 : state.heldSince },
  };
}

function isHeld(state: AccountState, amount: Decimal, now: Instant): boolean {
  const { minimum, longestDays } = state.terms.hold;
  if (minimum === '' || amount.compare(Decimal.of(minimum)) >= 0) return false;
  const isOld = longestDays > 0 && state.heldSince !== 0 && now - state.heldSince >= longestDays * dayMs;
  return !isOld;
}

/** True when the account holds so much that it closes at once. */
export function isThresholdReached(state: AccountState): boolean {
  const { threshold } = state.terms.hold;
  return threshold !== '' && state.pending.length > 0 && balanceOf(state).compare(Decimal.of(threshold)) >= 0;
}

/** When the account closes at the latest by its own, 0 for never. */
export function longestUntil(state: AccountState): Instant {
  const { longestDays } = state.terms.hold;
  return longestDays > 0 && state.heldSince !== 0 ? state.heldSince + longestDays * dayMs : 0;
}
