import { toRfc3339 } from '@tollkeeper/kernel';
import { Decimal } from '@tollkeeper/money';
import type { PricedUsage, PriceUsageRefusal } from '@tollkeeper/rating';
import type { UsageFile } from '../input/usage-file.js';

/** An event that has no price, with its line in the file. */
export interface Refusal {
  readonly line: number;
  readonly reason: string;
  readonly detail: string;
  readonly id?: string;
  readonly device?: string;
  readonly meter?: string;
}

export interface MeterTotal {
  readonly meter: string;
  readonly unit: string;
  readonly quantity: string;
  readonly events: number;
  readonly amount: string;
}

/** What the offline command found, as programs get it. Amounts are exact decimals. */
export interface PriceReport {
  readonly price_list: string;
  readonly currency: string;
  readonly tax_inclusive: boolean;
  readonly time_zone: string;
  readonly amount: string;
  /** received = priced + unmetered + duplicate + refused */
  readonly events: {
    readonly received: number;
    readonly priced: number;
    readonly unmetered: number;
    readonly duplicate: number;
    readonly refused: number;
  };
  readonly meters: readonly MeterTotal[];
  readonly devices: readonly {
    readonly device: string;
    readonly amount: string;
    readonly meters: readonly (MeterTotal & { readonly lines: readonly PeriodLine[] })[];
  }[];
  readonly refusals: readonly Refusal[];
}

interface PeriodLine {
  readonly period_start: string;
  readonly period_end: string;
  readonly window?: string;
  readonly quantity: string;
  readonly events: number;
  readonly amount: string;
}

/** Joins what pricing and reading say about one file. */
export function priceReport(
  priced: PricedUsage,
  file: UsageFile,
  named: { readonly priceList: string; readonly timeZone: string },
): PriceReport {
  const unread = file.refused.map(({ line, fault }): Refusal => ({ line, ...fault }));
  const refusals = [...unread, ...priced.refusals.map((refusal) => refusalOf(refusal, file.lines))].sort((a, b) => a.line - b.line);
  const { received, duplicates, priced: count, unmetered, refused } = priced.events;
  return {
    price_list: named.priceList,
    currency: priced.currency,
    tax_inclusive: priced.taxInclusive,
    time_zone: named.timeZone,
    amount: priced.amount,
    events: { received: received + unread.length, priced: count, unmetered, duplicate: duplicates, refused: refused + unread.length },
    meters: meterTotals(priced),
    devices: priced.devices.map(({ device, amount, meters }) => ({
      device,
      amount,
      meters: meters.map((meter) => ({ ...meter, lines: meter.lines.map(periodLine) })),
    })),
    refusals,
  };
}

function periodLine({
  periodStart,
  periodEnd,
  window,
  quantity,
  events,
  amount,
}: PricedUsage['devices'][number]['meters'][number]['lines'][number]): PeriodLine {
  return {
    period_start: toRfc3339(periodStart),
    period_end: toRfc3339(periodEnd),
    ...(window === '' ? {} : { window }),
    quantity,
    events,
    amount,
  };
}

/** Over all devices, by meter. */
function meterTotals({ devices }: PricedUsage): readonly MeterTotal[] {
  const totals = new Map<string, MeterTotal>();
  for (const { meters } of devices) {
    for (const { meter, unit, quantity, events, amount } of meters) {
      const before = totals.get(meter) ?? { meter, unit, quantity: '0', events: 0, amount: '0' };
      totals.set(meter, {
        meter,
        unit,
        quantity: plus(before.quantity, quantity),
        events: before.events + events,
        amount: plus(before.amount, amount),
      });
    }
  }
  return [...totals.values()].sort((a, b) => (a.meter < b.meter ? -1 : 1));
}

function plus(a: string, b: string): string {
  return Decimal.of(a).plus(Decimal.of(b)).toString();
}

function refusalOf({ event, index, reason }: PriceUsageRefusal, lines: readonly number[]): Refusal {
  const { id, device, meter } = event;
  return { line: lines[index] ?? 0, reason, detail: detailOf(reason, event.quantity, meter), id, device, meter };
}

/** One sentence that says what is wrong, and what to change. */
function detailOf(reason: PriceUsageRefusal['reason'], quantity: string, meter: string): string {
  switch (reason) {
    case 'unknown_meter':
    case 'no_price':
      return `the price list has no price for ${meter} at that time`;
    case 'price_not_applicable':
      return `the price of ${meter} does not fit how it is counted; see --meter`;
    case 'quantity_invalid':
      return quantity === ''
        ? `${meter} needs a quantity; where events are only counted, write --meter ${meter}=count`
        : `the quantity “${quantity}” is no decimal such as 12.5`;
    case 'key_missing':
      return `${meter} counts different keys, and the event has none`;
    case 'unique_limit':
      return `${meter} has more different keys in one period than can be counted`;
    case 'register_decreased':
      return `the register ${meter} would count down`;
    case 'invalid_time':
      return 'the time is outside of what can be billed';
    case 'currency_mismatch':
      return 'the price is in another currency';
    case 'too_late':
      return 'the period is over';
    case 'too_many_periods':
      return 'the device has usage in too many periods at once';
    case 'conflict':
      return 'another event has the same source and id, and other content';
  }
}
