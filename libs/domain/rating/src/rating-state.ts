import type { AccumulatorState, ReadingState } from '@tollkeeper/metering';

/**
 * What a device account must know to price its next page: the accumulators of open periods and of closed ones that are
 * still within the late window. Plain canonical JSON (texts and safe integers), independent of the order in which events
 * came. Names are short where they repeat, because the state is stored in every entry.
 */
export interface RatingState {
  /** By start; they do not overlap. */
  readonly periods: readonly PeriodState[];
  /** By meter: the last reading of a register before the periods above. */
  readonly registers?: Readonly<Record<string, ReadingState>>;
}

export interface PeriodState {
  /** [start, end) in epoch milliseconds. */
  readonly start: number;
  readonly end: number;
  /** By meter, price list, version, window. */
  readonly uses: readonly UseState[];
}

/** One meter's usage under one price (and time-of-use window) in a period. */
export interface UseState extends AccumulatorState {
  /** Meter. */
  readonly m: string;
  /** Price list. */
  readonly p: string;
  /** Version of the list: epoch ms from which it counts. */
  readonly v: number;
  /** Window; left out where the price has none. */
  readonly w?: string;
}

export const emptyRatingState: RatingState = { periods: [] };

/** How long after its end a closed period takes late events. */
export const defaultLateWindowMs = 35 * 86_400_000;

/** Periods kept per account: daily ones over the late window, and some that wait to be closed. */
export const defaultMaxPeriods = 64;

export function compareUses(a: UseState, b: UseState): number {
  return compareTexts(a.m, b.m) || compareTexts(a.p, b.p) || a.v - b.v || compareTexts(a.w ?? '', b.w ?? '');
}

export function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

/**
 * The state without the closed periods whose late window is over; of their registers the last reading stays. Every page
 * does this; an account that only closes may do it too.
 */
export function dropOldPeriods(state: RatingState, closedUntil: number, now: number, lateWindowMs = defaultLateWindowMs): RatingState {
  const isOld = (period: PeriodState): boolean => period.end <= closedUntil && period.end + lateWindowMs <= now;
  const old = state.periods.filter(isOld);
  if (old.length === 0) return state;
  const registers: Record<string, ReadingState> = { ...state.registers };
  for (const { uses } of old) {
    for (const use of uses) {
      const known = registers[use.m];
      if (use.l && (!known || use.l[0] >= known[0])) registers[use.m] = use.l;
    }
  }
  const periods = state.periods.filter((period) => !isOld(period));
  return Object.keys(registers).length === 0 ? { periods } : { periods, registers };
}
