import { minorUnitDigits, parseDecimal, sumDecimals } from '@tollkeeper/money';
import type { CommissionLine } from './invoice-share.js';

/** Earned and taken back in one month and not yet stated; exact, both not negative. */
export interface MonthSums {
  readonly earned: string;
  readonly clawedBack: string;
  /** Entry of the month's first movement: its statement reads from there. */
  readonly from: number;
}

/** The folded state of a partner's account. `unstated` holds at most the months since the last statement. */
export interface PartnerAccountState {
  /** What the partner has to get, by statements: sum of the rounded closings. */
  readonly stated: string;
  readonly unstated: Readonly<Record<string, MonthSums>>;
  /** Last month on a statement, `yyyy-mm`. */
  readonly lastMonth: string;
}

export const emptyPartnerAccount: PartnerAccountState = { stated: '0', unstated: {}, lastMonth: '' };

/**
 * Books movements of one month by entry `n`. A movement of a month that was stated already counts in the month after it, because a
 * statement never changes.
 */
export function withCommission(state: PartnerAccountState, month: string, lines: readonly CommissionLine[], n: number): PartnerAccountState {
  const into = bookingMonth(state, month);
  const before = state.unstated[into] ?? { earned: '0', clawedBack: '0', from: n };
  const amounts = lines.map((line) => parseDecimal(line.amount));
  const earned = sumDecimals(amounts.filter((amount) => amount.sign() > 0));
  const clawedBack = sumDecimals(amounts.filter((amount) => amount.sign() < 0)).negated();
  return {
    ...state,
    unstated: {
      ...state.unstated,
      [into]: {
        earned: parseDecimal(before.earned).plus(earned).toString(),
        clawedBack: parseDecimal(before.clawedBack).plus(clawedBack).toString(),
        from: before.from,
      },
    },
  };
}

/** The month that a movement of `month` is booked in. */
export function bookingMonth(state: PartnerAccountState, month: string): string {
  return month > state.lastMonth ? month : nextMonth(state.lastMonth);
}

export interface StatementSums {
  readonly month: string;
  readonly opening: string;
  readonly earned: string;
  readonly clawedBack: string;
  readonly closing: string;
}

/** The oldest month before `currentMonth` that has movements and no statement; undefined when there is none. */
export function dueStatement(state: PartnerAccountState, currentMonth: string): string | undefined {
  return Object.keys(state.unstated)
    .filter((month) => month < currentMonth)
    .sort()[0];
}

const nothing: Pick<MonthSums, 'earned' | 'clawedBack'> = { earned: '0', clawedBack: '0' };

/** States a month: its sums rounded half-up to the currency's minor unit, once each, so that the statement adds up as printed. */
export function stateMonth(
  state: PartnerAccountState,
  month: string,
  currency: string,
): { readonly sums: StatementSums; readonly state: PartnerAccountState } {
  const { [month]: sums = nothing, ...rest } = state.unstated;
  const digits = minorUnitDigits(currency);
  const earned = parseDecimal(sums.earned).rounded(digits, 'half_up');
  const clawedBack = parseDecimal(sums.clawedBack).rounded(digits, 'half_up');
  const opening = parseDecimal(state.stated);
  const closing = opening.plus(earned).minus(clawedBack);
  return {
    sums: {
      month,
      opening: opening.toFixed(digits),
      earned: earned.toFixed(digits),
      clawedBack: clawedBack.toFixed(digits),
      closing: closing.toFixed(digits),
    },
    state: { stated: closing.toString(), unstated: rest, lastMonth: month },
  };
}

/** Stated and unstated together, exact. */
export function partnerBalance(state: PartnerAccountState): { readonly balance: string; readonly unstated: string } {
  const unstated = sumDecimals(Object.values(state.unstated).map((sums) => parseDecimal(sums.earned).minus(parseDecimal(sums.clawedBack))));
  return { balance: parseDecimal(state.stated).plus(unstated).toString(), unstated: unstated.toString() };
}

function nextMonth(month: string): string {
  const next = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 1));
  return next.toISOString().slice(0, 7);
}
