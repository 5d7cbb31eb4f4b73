import { fromRfc3339 } from '@tollkeeper/kernel';
import { isDate, type Meter, startOfLocalDate } from '@tollkeeper/metering';
import { type CompiledModel, compileModel } from './charge.js';
import { otherwiseWindow, type Price, type PriceList, type PriceListVersion } from './price-list.js';
import { weekTable } from './time-of-use.js';

/** Meters and price lists made ready for the loop over events. Make one per version of a tenant's catalogue and keep it. */
export interface CompiledCatalogue {
  readonly meters: ReadonlyMap<string, Meter>;
  readonly lists: ReadonlyMap<string, CompiledList>;
  /** Prices of a stack of lists in a time zone, computed on first use. */
  readonly pricings: Map<string, Pricing>;
}

export interface CompiledList {
  readonly list: PriceList;
  readonly versions: readonly { readonly version: PriceListVersion; readonly prices: ReadonlyMap<string, Price> }[];
}

/** What a stack of price lists says, meter by meter. */
export interface Pricing {
  readonly catalogue: CompiledCatalogue;
  readonly lists: readonly CompiledList[];
  readonly timeZone: string;
  readonly timelines: Map<string, readonly PricedStretch[]>;
}

/** Event times in [from, until) have this price; the stretches of a meter cover all time. */
export interface PricedStretch {
  readonly from: number;
  readonly until: number;
  readonly price: CompiledPrice | undefined;
}

/** One price of one version of a list, for one stretch of time. */
export interface CompiledPrice {
  readonly list: PriceList;
  readonly version: PriceListVersion;
  readonly price: Price;
  /** Epoch ms from which it counts, 0 for ever: what names the version on charge lines. */
  readonly effectiveFrom: number;
  /** One for a simple model. For time of use: `otherwise`, then the windows in their order. */
  readonly windows: readonly CompiledWindow[];
  /** Minute of the week → index in `windows`; only for time of use. */
  readonly table: Uint8Array | undefined;
}

export interface CompiledWindow {
  /** '' for a price without windows. */
  readonly name: string;
  readonly model: CompiledModel;
}

/** For meters and lists that were validated; of two with one code the later counts. */
export function compileCatalogue(meters: readonly Meter[], lists: readonly PriceList[]): CompiledCatalogue {
  return {
    meters: new Map(meters.map((meter) => [meter.code, meter])),
    lists: new Map(lists.map((list) => [list.code, compileList(list)])),
    pricings: new Map(),
  };
}

function compileList(list: PriceList): CompiledList {
  return {
    list,
    versions: list.versions.map((version) => ({ version, prices: new Map(version.prices.map((price) => [price.meter, price])) })),
  };
}

/** Stacks remembered per catalogue: one per contract's combination of lists and zone. */
const maxPricings = 10_000;

/** The prices of a stack: customer's override first, then the contract's lists, then the fallback. Codes without a list are passed over. */
export function pricingOf(catalogue: CompiledCatalogue, stack: readonly string[], timeZone: string): Pricing {
  const key = `${timeZone} ${stack.join(' ')}`;
  let pricing = catalogue.pricings.get(key);
  if (!pricing) {
    if (catalogue.pricings.size >= maxPricings) catalogue.pricings.clear();
    const lists = stack.flatMap((code) => catalogue.lists.get(code) ?? []);
    pricing = { catalogue, lists, timeZone, timelines: new Map() };
    catalogue.pricings.set(key, pricing);
  }
  return pricing;
}

/** The stretches of one meter, in order. */
export function timelineOf(pricing: Pricing, meter: string): readonly PricedStretch[] {
  let timeline = pricing.timelines.get(meter);
  if (!timeline) {
    timeline = makeTimeline(pricing, meter);
    pricing.timelines.set(meter, timeline);
  }
  return timeline;
}

/** The first price of the stack for a meter at an event time (epoch ms), or undefined. */
export function resolvePrice(
  catalogue: CompiledCatalogue,
  stack: readonly string[],
  timeZone: string,
  meter: string,
  instant: number,
): CompiledPrice | undefined {
  const timeline = timelineOf(pricingOf(catalogue, stack, timeZone), meter);
  return timeline.find((stretch) => instant >= stretch.from && instant < stretch.until)?.price;
}

/** Epoch ms from which a version counts in a time zone, 0 for ever. @throws RangeError for text that is neither a date nor a time. */
export function effectiveInstant(effectiveFrom: string | undefined, timeZone: string): number {
  if (effectiveFrom === undefined) return 0;
  const instant = isDate(effectiveFrom) ? startOfLocalDate(effectiveFrom, timeZone) : fromRfc3339(effectiveFrom);
  if (instant === undefined) throw new RangeError(`effective_from ${JSON.stringify(effectiveFrom)} is neither a date nor an RFC 3339 time`);
  return Math.max(0, instant);
}

interface Choice {
  readonly list: CompiledList;
  readonly version: PriceListVersion;
  readonly price: Price;
  readonly since: number;
}

function makeTimeline(pricing: Pricing, meter: string): readonly PricedStretch[] {
  const lists = pricing.lists.map((list) => ({
    list,
    versions: list.versions.map((one) => ({ ...one, since: effectiveInstant(one.version.effective_from, pricing.timeZone) })),
  }));
  const borders = [...new Set([0, ...lists.flatMap(({ versions }) => versions.map(({ since }) => since))])].sort((a, b) => a - b);
  const choose = (instant: number): Choice | undefined => {
    for (const { list, versions } of lists) {
      const current = versions.findLast(({ since }) => since <= instant);
      const price = current?.prices.get(meter);
      if (current && price) return { list, version: current.version, price, since: current.since };
    }
    return undefined;
  };

  const stretches: { from: number; until: number; choice: Choice | undefined }[] = [];
  for (const border of borders) {
    const choice = choose(border);
    const last = stretches.at(-1);
    if (last && last.choice?.price === choice?.price) continue;
    if (last) last.until = border;
    stretches.push({ from: border, until: Number.POSITIVE_INFINITY, choice });
  }
  return stretches.map(({ from, until, choice }, index) => {
    // A fallback's price that comes back after an override ended counts anew, under the time of its return.
    const isReturn = stretches.slice(0, index).some((earlier) => choice && earlier.choice?.price === choice.price);
    return { from, until, price: choice && compilePrice(choice, isReturn ? from : choice.since) };
  });
}

function compilePrice({ list, version, price }: Choice, effectiveFrom: number): CompiledPrice {
  const model = price.price;
  const base = { list: list.list, version, price, effectiveFrom };
  if (model.model !== 'time_of_use') return { ...base, windows: [{ name: '', model: compileModel(model) }], table: undefined };
  return {
    ...base,
    windows: [
      { name: otherwiseWindow, model: compileModel(model.otherwise) },
      ...model.windows.map((window) => ({ name: window.name, model: compileModel(window.price) })),
    ],
    table: weekTable(model.windows),
  };
}
