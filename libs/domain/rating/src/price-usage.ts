import type { Meter, PeriodRule, UsageEvent } from '@tollkeeper/metering';
import { Decimal } from '@tollkeeper/money';
import { compileCatalogue } from './catalogue.js';
import type { PriceList } from './price-list.js';
import { ratePage } from './rate-page.js';
import type { RatedLine, RatingRefusalReason } from './rate-page.types.js';
import { compareTexts } from './rating-state.js';

export interface DeviceUsageEvent extends UsageEvent {
  /** The tenant's reference of the device. */
  readonly device: string;
}

export interface PriceUsageInput {
  readonly priceList: PriceList;
  /** Left out: every meter that the list prices is a sum. */
  readonly meters?: readonly Meter[];
  /** In any order; duplicates are found. */
  readonly events: Iterable<DeviceUsageEvent>;
  /** IANA name. */
  readonly timeZone: string;
  readonly periodRule: PeriodRule;
}

export interface PricedUsage {
  readonly currency: string;
  readonly taxInclusive: boolean;
  /** By reference. */
  readonly devices: readonly PricedDevice[];
  /** Exact decimal. */
  readonly amount: string;
  readonly events: PricedEvents;
  readonly refusals: readonly PriceUsageRefusal[];
}

/** What became of the events: priced + unmetered + duplicates + refused = received. */
export interface PricedEvents {
  readonly received: number;
  readonly priced: number;
  readonly unmetered: number;
  readonly duplicates: number;
  readonly refused: number;
}

export interface PricedDevice {
  readonly device: string;
  readonly amount: string;
  /** By code. */
  readonly meters: readonly PricedMeter[];
}

export interface PricedMeter {
  readonly meter: string;
  readonly unit: string;
  readonly quantity: string;
  readonly events: number;
  readonly amount: string;
  /** By period, version of the list, window. */
  readonly lines: readonly RatedLine[];
}

export interface PriceUsageRefusal {
  readonly event: DeviceUsageEvent;
  /** Position in what was given. */
  readonly index: number;
  /** `conflict`: the identity was used before with other content; the earlier one is priced. */
  readonly reason: RatingRefusalReason | 'conflict';
}

/**
 * Prices a whole file of usage with one price list: `ratePage` over the events of each device, as live rating would have
 * done it, with nothing closed and nothing too late.
 *
 * @throws RangeError when the time zone or the period rule is not valid.
 */
export function priceUsage(input: PriceUsageInput): PricedUsage {
  const { priceList } = input;
  const meters = input.meters ?? sumMeters(priceList);
  const catalogue = compileCatalogue(meters, [priceList]);
  const terms = { currency: priceList.currency, timeZone: input.timeZone, period: input.periodRule, priceLists: [priceList.code] };
  const units = new Map(meters.map(({ code, unit }) => [code, unit]));
  const sorted = sortByDevice(input.events);
  const refusals: PriceUsageRefusal[] = [...sorted.conflicts];
  const devices: PricedDevice[] = [];
  let unmetered = 0;
  for (const [device, { events, indexes }] of [...sorted.devices].sort(([a], [b]) => compareTexts(a, b))) {
    const page = ratePage({ catalogue, terms, state: undefined, events, closedUntil: 0, now: 0, maxPeriods: Number.POSITIVE_INFINITY });
    for (const { index, reason } of page.refusals) {
      const event = events[index];
      if (event) refusals.push({ event, index: indexes[index] ?? -1, reason });
    }
    unmetered += page.unmetered;
    devices.push({ device, amount: sumAmounts(page.lines), meters: byMeter(page.lines, units) });
  }
  refusals.sort((a, b) => a.index - b.index);
  const { received, duplicates } = sorted;
  const refused = refusals.length;
  return {
    currency: priceList.currency,
    taxInclusive: priceList.tax_inclusive,
    devices,
    amount: sumAmounts(devices),
    events: { received, priced: received - unmetered - duplicates - refused, unmetered, duplicates, refused },
    refusals,
  };
}

function sumMeters(priceList: PriceList): readonly Meter[] {
  const codes = new Set(priceList.versions.flatMap((version) => version.prices.map(({ meter }) => meter)));
  return [...codes].map((code) => ({ code, name: code, aggregation: 'sum', unit: '' }));
}

interface DeviceEvents {
  readonly events: DeviceUsageEvent[];
  readonly indexes: number[];
  readonly byIdentity: Map<string, DeviceUsageEvent>;
}

/** Groups events, and leaves out those whose device has them already: the same content is a duplicate, other content a conflict. */
function sortByDevice(events: Iterable<DeviceUsageEvent>) {
  const devices = new Map<string, DeviceEvents>();
  const conflicts: PriceUsageRefusal[] = [];
  let received = 0;
  let duplicates = 0;
  for (const event of events) {
    const index = received++;
    let group = devices.get(event.device);
    if (!group) {
      group = { events: [], indexes: [], byIdentity: new Map() };
      devices.set(event.device, group);
    }
    const identity = JSON.stringify([event.source, event.id]);
    const earlier = group.byIdentity.get(identity);
    if (earlier === undefined) {
      group.byIdentity.set(identity, event);
      group.events.push(event);
      group.indexes.push(index);
    } else if (contentOf(earlier) === contentOf(event)) {
      duplicates++;
    } else {
      conflicts.push({ event, index, reason: 'conflict' });
    }
  }
  return { devices, conflicts, received, duplicates };
}

function contentOf({ meter, time, quantity, key = '', dimensions = {} }: UsageEvent): string {
  return JSON.stringify([meter, time, quantity, key, Object.entries(dimensions).sort(([a], [b]) => compareTexts(a, b))]);
}

function byMeter(lines: readonly RatedLine[], units: ReadonlyMap<string, string>): readonly PricedMeter[] {
  const codes = [...new Set(lines.map(({ meter }) => meter))].sort();
  return codes.map((meter) => {
    const own = lines.filter((line) => line.meter === meter);
    const quantity = own.reduce((sum, line) => sum.plus(Decimal.of(line.quantity)), Decimal.zero);
    const events = own.reduce((sum, line) => sum + line.events, 0);
    return { meter, unit: units.get(meter) ?? '', quantity: quantity.toString(), events, amount: sumAmounts(own), lines: own };
  });
}

function sumAmounts(items: readonly { readonly amount: string }[]): string {
  return items.reduce((sum, { amount }) => sum.plus(Decimal.of(amount)), Decimal.zero).toString();
}
