import {
  type Accumulator,
  fromReadingState,
  type Meter,
  type Neighbours,
  openAccumulator,
  type Period,
  type PeriodCalendar,
  periodCalendar,
  quantityOf,
  type Reading,
  type ZoneClock,
  zoneClock,
} from '@tollkeeper/metering';
import type { Decimal } from '@tollkeeper/money';
import { type CompiledPrice, type CompiledWindow, type PricedStretch, type Pricing, pricingOf, timelineOf } from './catalogue.js';
import type { RatePageInput, RatingRefusalReason } from './rate-page.types.js';
import { defaultLateWindowMs, defaultMaxPeriods, dropOldPeriods, emptyRatingState, type PeriodState, type RatingState, type UseState } from './rating-state.js';

/** A page while it is priced: everything that is looked up once is kept here, so that an event costs comparisons only. */
export interface Page {
  readonly input: RatePageInput;
  readonly state: RatingState;
  readonly pricing: Pricing;
  readonly clock: ZoneClock;
  readonly calendar: PeriodCalendar;
  readonly periods: WorkingPeriod[];
  readonly runs: MeterRun[];
}

export interface WorkingPeriod {
  readonly start: number;
  readonly end: number;
  readonly isClosed: boolean;
  readonly state: PeriodState | undefined;
  readonly uses: Use[];
}

/** The events of one meter in the page. */
export interface MeterRun {
  readonly code: string;
  /** Undefined when the catalogue has no such meter. */
  readonly meter: Meter | undefined;
  readonly isRegister: boolean;
  readonly timeline: readonly PricedStretch[];
  readonly places: Place[];
  /** Of a register: all its uses that the state has or the page made, by time; undefined until the first one is asked for. */
  uses: Use[] | undefined;
}

/** A stretch of time in which a meter has one period and one price, or one reason for refusal. */
export interface Place {
  readonly from: number;
  readonly until: number;
  readonly refusal: RatingRefusalReason | undefined;
  readonly period: WorkingPeriod | undefined;
  readonly price: CompiledPrice | undefined;
  /** By index of the price's windows. */
  readonly uses: (Use | undefined)[];
}

/** One meter under one price and window in one period, with what it was before the page. */
export interface Use {
  readonly meter: string;
  readonly period: WorkingPeriod;
  /** From when on, epoch ms: uses of a register follow each other in this order. */
  readonly start: number;
  /** Undefined for a register's use under a price that is no longer in the catalogue: it can give readings, not charges. */
  readonly price: CompiledPrice | undefined;
  readonly window: CompiledWindow | undefined;
  readonly state: UseState | undefined;
  readonly accumulator: Accumulator;
  readonly eventsBefore: number;
  quantityBefore: Decimal;
}

export function openPage(input: RatePageInput): Page {
  const { terms, closedUntil, now } = input;
  const state = dropOldPeriods(input.state ?? emptyRatingState, closedUntil, now, input.lateWindowMs);
  return {
    input,
    state,
    pricing: pricingOf(input.catalogue, terms.priceLists, terms.timeZone),
    clock: zoneClock(terms.timeZone),
    calendar: periodCalendar(terms.period, terms.timeZone),
    periods: state.periods.map((period) => ({ start: period.start, end: period.end, isClosed: period.end <= closedUntil, state: period, uses: [] })),
    runs: [],
  };
}

export function runOf(page: Page, code: string): MeterRun {
  for (const run of page.runs) if (run.code === code) return run;
  const meter = page.input.catalogue.meters.get(code);
  const run: MeterRun = {
    code,
    meter,
    isRegister: meter?.aggregation === 'register_delta',
    timeline: meter ? timelineOf(page.pricing, code) : [],
    places: [],
    uses: undefined,
  };
  page.runs.push(run);
  return run;
}

/** Where an event of the meter at this time belongs. */
export function placeOf(page: Page, run: MeterRun, time: number): Place {
  for (const place of run.places) if (time >= place.from && time < place.until) return place;
  const place = makePlace(page, run, time);
  run.places.push(place);
  return place;
}

/** 9999-12-31T23:59:59.999Z: the end of what RFC 3339 can say. */
const lastInstant = 253_402_300_799_999;

function makePlace(page: Page, run: MeterRun, time: number): Place {
  const refuse = (refusal: RatingRefusalReason, from: number, until: number): Place => {
    return { from, until, refusal, period: undefined, price: undefined, uses: [] };
  };
  if (!Number.isSafeInteger(time) || time < 0 || time > lastInstant) return refuse('invalid_time', time, time);
  const stretch = run.timeline.find(({ from, until }) => time >= from && time < until);
  const price = stretch?.price;
  if (!stretch || !price) return refuse('no_price', stretch?.from ?? time, stretch?.until ?? time);
  if (price.list.currency !== page.input.terms.currency) return refuse('currency_mismatch', stretch.from, stretch.until);
  // Windows would need each reading's place among all others, and the state keeps only the first and the last.
  if (run.isRegister && price.table) return refuse('price_not_applicable', stretch.from, stretch.until);

  const known = page.periods.find(({ start, end }) => time >= start && time < end);
  const bounds = known ?? newBounds(page, time);
  const from = Math.max(bounds.start, stretch.from);
  const until = Math.min(bounds.end, stretch.until);
  const { closedUntil, now, lateWindowMs = defaultLateWindowMs, maxPeriods = defaultMaxPeriods } = page.input;
  const isClosed = bounds.end <= closedUntil;
  if (isClosed && bounds.end + lateWindowMs <= now) return refuse('too_late', from, until);
  if (!known && page.periods.length >= maxPeriods) return refuse('too_many_periods', from, until);
  const period = known ?? { start: bounds.start, end: bounds.end, isClosed, state: undefined, uses: [] };
  if (!known) page.periods.push(period);
  return { from, until, refusal: undefined, period, price, uses: [] };
}

/** The calendar's period, cut where the account already has periods of an earlier rule: a moment belongs to one period for ever. */
function newBounds(page: Page, time: number): Pick<Period, 'start' | 'end'> {
  let { start, end } = page.calendar.at(time);
  for (const period of page.periods) {
    if (period.end <= time && period.end > start) start = period.end;
    if (period.start > time && period.start < end) end = period.start;
  }
  return { start, end };
}

export function useOf(page: Page, run: MeterRun, meter: Meter, place: Place, windowIndex: number): Use | undefined {
  const known = place.uses[windowIndex];
  if (known) return known;
  const { period, price } = place;
  const window = price?.windows[windowIndex];
  if (!period || !price || !window) return undefined;
  // All of a register's uses are needed at once, because each begins where the one before ended.
  if (run.isRegister) run.uses ??= openRegisterUses(page, run, meter);
  let use = period.uses.find(
    (one) => one.meter === run.code && one.price?.list === price.list && one.price.effectiveFrom === price.effectiveFrom && one.window === window,
  );
  if (!use) {
    use = openUse(meter, period, Math.max(period.start, place.from), price, window, findState(period, run.code, price, window));
    if (run.isRegister) insertUse(run, use);
  }
  place.uses[windowIndex] = use;
  return use;
}

function findState(period: WorkingPeriod, meter: string, price: CompiledPrice, window: CompiledWindow): UseState | undefined {
  return period.state?.uses.find(
    (use) => use.v === price.effectiveFrom && use.m === meter && use.p === price.list.code && (use.w ?? '') === window.name,
  );
}

function openUse(
  meter: Meter,
  period: WorkingPeriod,
  start: number,
  price: CompiledPrice | undefined,
  window: CompiledWindow | undefined,
  state: UseState | undefined,
): Use {
  const accumulator = openAccumulator(meter.aggregation, state);
  const quantityBefore = quantityOf(accumulator);
  const use: Use = { meter: meter.code, period, start, price, window, state, accumulator, eventsBefore: accumulator.events, quantityBefore };
  period.uses.push(use);
  return use;
}

function openRegisterUses(page: Page, run: MeterRun, meter: Meter): Use[] {
  const uses: Use[] = [];
  for (const period of page.periods) {
    for (const state of period.state?.uses ?? []) {
      if (state.m !== run.code) continue;
      const stretch = run.timeline.find(({ price }) => price?.effectiveFrom === state.v && price.list.code === state.p);
      const start = Math.max(period.start, stretch?.from ?? state.f?.[0] ?? 0);
      uses.push(openUse(meter, period, start, stretch?.price, stretch?.price?.windows[0], state));
    }
  }
  uses.sort((a, b) => a.start - b.start);
  uses.forEach((use, index) => {
    use.quantityBefore = quantityOf(use.accumulator, readingBefore(page, uses, index));
  });
  return uses;
}

function insertUse(run: MeterRun, use: Use): void {
  const uses = run.uses ?? [];
  const at = uses.findIndex((other) => other.start > use.start);
  uses.splice(at < 0 ? uses.length : at, 0, use);
  run.uses = uses;
}

/** The last reading before a register's use: of the nearest earlier use that has one, or of the periods that were dropped. */
export function readingBefore(page: Page, uses: readonly Use[], index: number): Reading | undefined {
  for (let at = index - 1; at >= 0; at--) {
    const last = uses[at]?.accumulator.last;
    if (last) return last;
  }
  const code = uses[index]?.meter ?? '';
  const base = page.state.registers?.[code];
  return base && fromReadingState(base);
}

export function neighboursOf(page: Page, run: MeterRun, use: Use): Neighbours {
  const uses = run.uses ?? [];
  const index = uses.indexOf(use);
  let after: Reading | undefined;
  for (let at = index + 1; at < uses.length && !after; at++) after = uses[at]?.accumulator.first;
  return { before: readingBefore(page, uses, index), after };
}
