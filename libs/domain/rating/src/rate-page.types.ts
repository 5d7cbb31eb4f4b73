import type { MeteringRefusal, PeriodRule, UsageEvent } from '@tollkeeper/metering';
import type { CompiledCatalogue } from './catalogue.js';
import type { RatingState } from './rating-state.js';

/** What pricing needs of a contract. */
export interface RatingTerms {
  /** ISO 4217; a price in another currency is not used. */
  readonly currency: string;
  /** IANA name; periods, windows and dates of effect follow its clocks. */
  readonly timeZone: string;
  readonly period: PeriodRule;
  /** Codes of price lists: the customer's override first, then the contract's, then the fallback. */
  readonly priceLists: readonly string[];
}

export interface RatePageInput {
  readonly catalogue: CompiledCatalogue;
  readonly terms: RatingTerms;
  /** Undefined for an account without usage. */
  readonly state: RatingState | undefined;
  /** Of one device, without duplicates, in any order. */
  readonly events: readonly UsageEvent[];
  /** Periods that end at or before this (epoch ms) are closed; 0 for none. It never goes back. */
  readonly closedUntil: number;
  /** Time of booking (epoch ms): decides which closed periods no longer take late events. It never goes back. */
  readonly now: number;
  /** Default 35 days. */
  readonly lateWindowMs?: number;
  /** Default 64. */
  readonly maxPeriods?: number;
}

export interface RatePageOutput {
  readonly state: RatingState;
  /** By period, meter, price list, version, window: at most one line for each. */
  readonly lines: readonly RatedLine[];
  readonly refusals: readonly RatingRefusal[];
  /** Events that their meter's filter does not let through: booked, and without effect. */
  readonly unmetered: number;
}

/** What a page adds to one meter under one price in one period. Lines of all pages add up to the period's quantity and charge. */
export interface RatedLine {
  /** Local date on which the period begins in which it was measured, YYYY-MM-DD. */
  readonly periodKey: string;
  /** [start, end) of that period, epoch ms. */
  readonly periodStart: number;
  readonly periodEnd: number;
  readonly meter: string;
  readonly priceList: string;
  /** Names the list's version: epoch ms from which it counts, 0 for ever. */
  readonly effectiveFrom: number;
  /** Time-of-use window, '' where the price has none. */
  readonly window: string;
  /** Exact decimal; below zero where a late reading moves consumption to the period before. */
  readonly quantity: string;
  readonly events: number;
  /** Exact decimal in the contract's currency. */
  readonly amount: string;
  readonly taxInclusive: boolean;
  /** True when the period is closed already: the amount belongs to the open period, as an adjustment of the one that is named. */
  readonly adjustment: boolean;
}

export type RatingRefusalReason =
  | MeteringRefusal
  | 'invalid_time'
  | 'unknown_meter'
  | 'no_price'
  | 'price_not_applicable'
  | 'currency_mismatch'
  | 'too_late'
  | 'too_many_periods';

export interface RatingRefusal {
  readonly event: UsageEvent;
  /** Position of the event in the page. */
  readonly index: number;
  readonly reason: RatingRefusalReason;
}
