import { addEvent, closeAccumulator, isMetered, localDateAt, quantityOf } from '@tollkeeper/metering';
import { Decimal } from '@tollkeeper/money';
import { charge } from './charge.js';
import { type MeterRun, neighboursOf, openPage, type Page, type Place, placeOf, readingBefore, runOf, type Use, useOf, type WorkingPeriod } from './rate-page.places.js';
import type { RatedLine, RatePageInput, RatePageOutput, RatingRefusal, RatingRefusalReason } from './rate-page.types.js';
import { compareTexts, compareUses, type PeriodState, type RatingState, type UseState } from './rating-state.js';
import { windowAt } from './time-of-use.js';

/**
 * Prices a page of one device's events: the one core of live rating, re-rating, simulation and the offline command.
 * Pure. Charges are cumulative per (period, meter, price list and version, window): a line is what the charge became
 * less what it was before the page, so that totals do not depend on the order of events or the cut of pages. A price
 * change within a period begins its own count, because otherwise the charge of old usage would change with it.
 *
 * @throws RangeError when the terms' time zone or period rule is not valid: check them when the contract is made.
 */
export function ratePage(input: RatePageInput): RatePageOutput {
  const page = openPage(input);
  const refusals: RatingRefusal[] = [];
  const unmetered = addEvents(page, refusals);
  return { state: closeState(page), lines: linesOf(page), refusals, unmetered };
}

/** The loop that runs for every event of the platform: per event it compares, and adds. Answers how many filters left out. */
function addEvents(page: Page, refusals: RatingRefusal[]): number {
  const { events } = page.input;
  let unmetered = 0;
  let run: MeterRun | undefined;
  let place: Place | undefined;
  for (let index = 0; index < events.length; index++) {
    const event = events[index];
    if (!event) continue;
    if (run === undefined || run.code !== event.meter) {
      run = runOf(page, event.meter);
      place = undefined;
    }
    const { meter } = run;
    if (!meter) {
      refusals.push({ event, index, reason: 'unknown_meter' });
      continue;
    }
    if (meter.filter !== undefined && !isMetered(meter, event)) {
      unmetered++;
      continue;
    }
    if (place === undefined || !(event.time >= place.from && event.time < place.until)) place = placeOf(page, run, event.time);
    let reason: RatingRefusalReason | undefined = place.refusal;
    if (reason === undefined) {
      const table = place.price?.table;
      const window = table === undefined ? 0 : windowAt(table, event.time + page.clock.offsetAt(event.time));
      const use: Use | undefined = place.uses[window] ?? useOf(page, run, meter, place, window);
      reason = use ? addEvent(use.accumulator, event, run.isRegister ? neighboursOf(page, run, use) : undefined) : 'no_price';
    }
    if (reason !== undefined) refusals.push({ event, index, reason });
  }
  return unmetered;
}

function linesOf(page: Page): readonly RatedLine[] {
  const lines: RatedLine[] = [];
  for (const period of page.periods) {
    for (const use of period.uses) {
      const line = lineOf(page, use);
      if (line) lines.push(line);
    }
  }
  return lines.length < 2 ? lines : lines.sort(compareLines);
}

function lineOf(page: Page, use: Use): RatedLine | undefined {
  const { accumulator, period, price, window, eventsBefore, quantityBefore } = use;
  const events = accumulator.events - eventsBefore;
  const before = accumulator.aggregation === 'register_delta' ? beforeOf(page, use) : undefined;
  const quantity = quantityOf(accumulator, before);
  const isMoved = quantity !== quantityBefore && !quantity.equals(quantityBefore);
  if ((events === 0 && !isMoved) || !price || !window) return undefined;
  const chargedBefore = eventsBefore === 0 ? Decimal.zero : charge(window.model, quantityBefore, eventsBefore);
  return {
    periodKey: periodKey(page, period),
    periodStart: period.start,
    periodEnd: period.end,
    meter: use.meter,
    priceList: price.list.code,
    effectiveFrom: price.effectiveFrom,
    window: window.name,
    quantity: quantity.minus(quantityBefore).toString(),
    events,
    amount: charge(window.model, quantity, accumulator.events).minus(chargedBefore).toString(),
    taxInclusive: price.list.tax_inclusive,
    adjustment: period.isClosed,
  };
}

/** The calendar remembers the key of a period that it made itself; one that was cut short gets its own. */
function periodKey(page: Page, { start }: WorkingPeriod): string {
  const period = page.calendar.at(start);
  return period.start === start ? period.key : localDateAt(start, page.input.terms.timeZone);
}

function beforeOf(page: Page, use: Use) {
  const uses = runOf(page, use.meter).uses ?? [];
  return readingBefore(page, uses, uses.indexOf(use));
}

function compareLines(a: RatedLine, b: RatedLine): number {
  return (
    a.periodStart - b.periodStart ||
    compareTexts(a.meter, b.meter) ||
    compareTexts(a.priceList, b.priceList) ||
    a.effectiveFrom - b.effectiveFrom ||
    compareTexts(a.window, b.window)
  );
}

function closeState(page: Page): RatingState {
  const periods: PeriodState[] = [];
  for (const period of page.periods) {
    const state = closePeriodState(period);
    if (state) periods.push(state);
  }
  periods.sort((a, b) => a.start - b.start);
  return page.state.registers ? { periods, registers: page.state.registers } : { periods };
}

/** Undefined for a period whose events were all refused. */
function closePeriodState(period: WorkingPeriod): PeriodState | undefined {
  const changed = period.uses.filter((use) => use.accumulator.events !== use.eventsBefore);
  if (changed.length === 0) return period.state;
  const replaced = new Set(changed.map((use) => use.state));
  const kept = (period.state?.uses ?? []).filter((use) => !replaced.has(use));
  const uses = [...kept, ...changed.map(closeUse)].sort(compareUses);
  return { start: period.start, end: period.end, uses };
}

function closeUse(use: Use): UseState {
  const name = {
    m: use.meter,
    p: use.price?.list.code ?? use.state?.p ?? '',
    v: use.price?.effectiveFrom ?? use.state?.v ?? 0,
  };
  const window = use.window?.name ?? use.state?.w ?? '';
  return { ...name, ...(window === '' ? {} : { w: window }), ...closeAccumulator(use.accumulator) };
}
