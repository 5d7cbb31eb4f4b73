import { localDateAt, startOfLocalDate, zoneClock } from './zone-clock.js';

/** How a contract cuts time into periods. Every period begins at the first moment of a local day in the contract's time zone. */
export type PeriodRule =
  /** From `anchor_day` (1 to 31, default 1) to the next; in a shorter month the last day stands in. */
  | { readonly every: 'month'; readonly anchor_day?: number }
  /** 28 days, counted from the local date `anchor` (YYYY-MM-DD) in both directions. */
  | { readonly every: '28_days'; readonly anchor: string }
  /** From `weekday` (1 Monday, the default, to 7 Sunday). */
  | { readonly every: 'week'; readonly weekday?: number }
  | { readonly every: 'day' }
  /** From `anchor_day` (default 1) of `anchor_month` (default 1); in a shorter month the last day stands in. */
  | { readonly every: 'year'; readonly anchor_month?: number; readonly anchor_day?: number };

/** [start, end) in epoch milliseconds. */
export interface Period {
  /** The local date on which it begins, YYYY-MM-DD. */
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

/** The periods of one rule in one time zone. Each is computed once; asking again within the last one costs a comparison. */
export interface PeriodCalendar {
  readonly timeZone: string;
  at(instant: number): Period;
  after(period: Period): Period;
}

/** What is wrong with a rule that came from outside, naming the member, or undefined. */
export function periodRuleFault(rule: PeriodRule): { readonly path: string; readonly message: string } | undefined {
  const inRange = (value: number | undefined, max: number): boolean =>
    value === undefined || (Number.isInteger(value) && value >= 1 && value <= max);
  switch (rule.every) {
    case 'month':
      return inRange(rule.anchor_day, 31) ? undefined : { path: 'anchor_day', message: 'must be a whole number from 1 to 31' };
    case 'year':
      if (!inRange(rule.anchor_month, 12)) return { path: 'anchor_month', message: 'must be a whole number from 1 to 12' };
      return inRange(rule.anchor_day, 31) ? undefined : { path: 'anchor_day', message: 'must be a whole number from 1 to 31' };
    case 'week':
      return inRange(rule.weekday, 7) ? undefined : { path: 'weekday', message: 'must be a whole number from 1 (Monday) to 7 (Sunday)' };
    case '28_days':
      return isDate(rule.anchor) ? undefined : { path: 'anchor', message: 'must be a date such as 2026-01-31' };
    case 'day':
      return undefined;
    default:
      return { path: 'every', message: 'must be one of month, 28_days, week, day, year' };
  }
}

/** True for a day of the calendar written as YYYY-MM-DD. */
export function isDate(text: unknown): text is string {
  if (typeof text !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const time = Date.parse(`${text}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

const calendars = new Map<string, PeriodCalendar>();
const maxCalendars = 2000;

/** The calendar of a rule in a zone; made once. @throws RangeError when the rule or the zone is not valid. */
export function periodCalendar(rule: PeriodRule, timeZone: string): PeriodCalendar {
  const key = `${timeZone} ${ruleKey(rule)}`;
  const known = calendars.get(key);
  if (known) return known;
  const fault = periodRuleFault(rule);
  if (fault) throw new RangeError(`period rule: ${fault.path} ${fault.message}`);
  if (calendars.size >= maxCalendars) calendars.clear();
  const calendar = makeCalendar(rule, timeZone);
  calendars.set(key, calendar);
  return calendar;
}

export function periodAt(rule: PeriodRule, timeZone: string, instant: number): Period {
  return periodCalendar(rule, timeZone).at(instant);
}

const maxPeriodsBetween = 100_000;

/** All periods that share a moment with [from, to), in order. @throws RangeError for more than 100,000. */
export function periodsBetween(rule: PeriodRule, timeZone: string, from: number, to: number): readonly Period[] {
  const calendar = periodCalendar(rule, timeZone);
  const periods: Period[] = [];
  for (let period = calendar.at(from); period.start < to && from < to; period = calendar.after(period)) {
    if (periods.length >= maxPeriodsBetween) throw new RangeError(`more than ${maxPeriodsBetween} periods between ${from} and ${to}`);
    periods.push(period);
  }
  return periods;
}

function ruleKey(rule: PeriodRule): string {
  switch (rule.every) {
    case 'month':
      return `month ${rule.anchor_day ?? 1}`;
    case 'year':
      return `year ${rule.anchor_month ?? 1} ${rule.anchor_day ?? 1}`;
    case 'week':
      return `week ${rule.weekday ?? 1}`;
    case '28_days':
      return `28_days ${rule.anchor}`;
    case 'day':
      return 'day';
  }
}

/** Periods remembered per calendar: more than an account with daily periods and a late window of 35 days asks for. */
const maxRemembered = 128;

function makeCalendar(rule: PeriodRule, timeZone: string): PeriodCalendar {
  zoneClock(timeZone);
  let remembered: Period[] = [];
  let current: Period = { key: '', start: 0, end: 0 };
  const at = (instant: number): Period => {
    if (instant >= current.start && instant < current.end) return current;
    let found = remembered.find((period) => instant >= period.start && instant < period.end);
    if (!found) {
      found = computePeriod(rule, timeZone, instant);
      if (remembered.length >= maxRemembered) remembered = [];
      remembered.push(found);
    }
    current = found;
    return found;
  };
  return { timeZone, at, after: (period) => at(period.end) };
}

function computePeriod(rule: PeriodRule, timeZone: string, instant: number): Period {
  let index = indexOfDate(rule, localDateAt(instant, timeZone));
  // Where clocks change at midnight, the local date alone may be a day off at the border; the instants decide.
  for (;;) {
    const key = startDate(rule, index);
    const start = startOfLocalDate(key, timeZone);
    const end = startOfLocalDate(startDate(rule, index + 1), timeZone);
    if (instant < start) index--;
    else if (instant >= end) index++;
    else return { key, start, end };
  }
}

const dayMs = 86_400_000;

/** Counts periods of the rule; `startDate` is its inverse. Months are counted from year 0, days from 1970. */
function indexOfDate(rule: PeriodRule, date: string): number {
  const [year, month, day] = date.split('-').map(Number) as [number, number, number];
  switch (rule.every) {
    case 'month': {
      const index = year * 12 + month - 1;
      return day < clampedDay(index, rule.anchor_day ?? 1) ? index - 1 : index;
    }
    case 'year':
      return date < startDate(rule, year) ? year - 1 : year;
    default:
      return Math.floor((Date.UTC(year, month - 1, day) - dayAnchor(rule)) / (daysIn(rule) * dayMs));
  }
}

function startDate(rule: PeriodRule, index: number): string {
  switch (rule.every) {
    case 'month':
      return monthDate(index, rule.anchor_day ?? 1);
    case 'year':
      return monthDate(index * 12 + (rule.anchor_month ?? 1) - 1, rule.anchor_day ?? 1);
    default:
      return new Date(dayAnchor(rule) + index * daysIn(rule) * dayMs).toISOString().slice(0, 10);
  }
}

type DayRule = Extract<PeriodRule, { every: 'day' | 'week' | '28_days' }>;

function daysIn(rule: DayRule): number {
  return rule.every === 'day' ? 1 : rule.every === 'week' ? 7 : 28;
}

/** A day, as if in UTC, on which a period begins. The fifth of January 1970 was a Monday. */
function dayAnchor(rule: DayRule): number {
  if (rule.every === '28_days') return Date.parse(`${rule.anchor}T00:00:00Z`);
  return rule.every === 'week' ? (4 + (rule.weekday ?? 1) - 1) * dayMs : 0;
}

function clampedDay(monthIndex: number, day: number): number {
  const lastDay = new Date(Date.UTC(Math.floor(monthIndex / 12), (monthIndex % 12) + 1, 0)).getUTCDate();
  return Math.min(day, lastDay);
}

function monthDate(monthIndex: number, day: number): string {
  const year = String(Math.floor(monthIndex / 12)).padStart(4, '0');
  const month = String((monthIndex % 12) + 1).padStart(2, '0');
  return `${year}-${month}-${String(clampedDay(monthIndex, day)).padStart(2, '0')}`;
}
