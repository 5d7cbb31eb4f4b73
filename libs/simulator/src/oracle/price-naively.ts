import type { PlannedEvent, PlannedMeter, PlannedPriceModel, PlannedTenant } from '../workload/plan.js';
import { type Exact, exact, one, sum, times } from './exact.js';
import { localTime } from './local-time.js';

/** What the usage of one device costs in one period, by one meter, price version and window. */
export interface NaiveCharge {
  readonly device: string;
  readonly meter: string;
  /** Local month, YYYY-MM. */
  readonly month: string;
  readonly window: string;
  readonly events: number;
  readonly amount: Exact;
}

/** Prices all events of a tenant from nothing, group by group: no running totals, no batches, no order. */
export function priceNaively(tenant: PlannedTenant, events: readonly PlannedEvent[]): readonly NaiveCharge[] {
  const groups = Map.groupBy(events, (event) => {
    const { zone, version, window } = placeOf(tenant, event);
    return JSON.stringify([event.device, event.meter, localTime(event.time, zone).month, version, window]);
  });
  return [...groups].map(([key, members]) => {
    const [device, meterCode, month, version, window] = JSON.parse(key) as [string, string, string, number, string];
    const meter = tenant.meters.find(({ code }) => code === meterCode);
    const model = tenant.versions[version]?.prices[meterCode];
    if (!meter || !model) throw new Error(`the plan has no price for ${meterCode}`);
    return { device, meter: meterCode, month, window, events: members.length, amount: cost(windowModel(model, window), aggregate(meter, members), members.length) };
  });
}

function placeOf(tenant: PlannedTenant, event: PlannedEvent): { readonly zone: string; readonly version: number; readonly window: string } {
  const zone = tenant.terms.find(({ reference }) => reference === event.device)?.timeZone ?? 'UTC';
  const version = tenant.versions.findLastIndex(({ from }) => from <= event.time);
  const model = tenant.versions[version]?.prices[event.meter];
  return { zone, version, window: model?.model === 'time_of_use' ? windowAt(model, localTime(event.time, zone).clock) : '' };
}

function windowAt(model: PlannedPriceModel, clock: string): string {
  const found = model.windows?.find(({ from = '', to = '' }) => clock >= from && clock < to);
  return found?.name ?? 'otherwise';
}

function windowModel(model: PlannedPriceModel, window: string): PlannedPriceModel {
  if (model.model !== 'time_of_use') return model;
  return (window === 'otherwise' ? model.otherwise : model.windows?.find(({ name }) => name === window)?.price) ?? model;
}

function aggregate({ aggregation }: PlannedMeter, events: readonly PlannedEvent[]): Exact {
  const quantities = events.map(({ quantity }) => exact(quantity));
  switch (aggregation) {
    case 'count':
      return BigInt(events.length) * one;
    case 'sum':
      return sum(quantities);
    case 'max':
      return quantities.reduce((most, quantity) => (quantity > most ? quantity : most), 0n);
    case 'unique':
      return BigInt(new Set(events.map(({ key }) => key)).size) * one;
  }
}

function cost(model: PlannedPriceModel, quantity: Exact, events: number): Exact {
  const included = exact(model.included ?? '0');
  const billed = quantity > included ? quantity - included : 0n;
  const fees = exact(model.eventFee ?? '0') * BigInt(events);
  return fees + ownCost(model, billed, included > 0n);
}

function ownCost(model: PlannedPriceModel, billed: Exact, hasAllowance: boolean): Exact {
  switch (model.model) {
    case 'flat':
      return billed > 0n || !hasAllowance ? exact(model.amount ?? '0') : 0n;
    case 'per_unit':
      return times(billed, exact(model.unitPrice ?? '0'));
    case 'package': {
      const size = exact(model.packageSize ?? '1');
      return ((billed + size - 1n) / size) * exact(model.packagePrice ?? '0');
    }
    case 'graduated':
      return graduated(model, billed);
    case 'volume': {
      const tier = model.tiers?.find(({ upTo }) => !upTo || billed <= exact(upTo));
      return billed > 0n ? times(billed, exact(tier?.unitPrice ?? '0')) + exact(tier?.flatFee ?? '0') : 0n;
    }
    default:
      throw new Error(`the oracle does not know ${model.model}`);
  }
}

/** Walks up the tiers, spending the quantity. */
function graduated(model: PlannedPriceModel, billed: Exact): Exact {
  let total = 0n;
  let bottom = 0n;
  for (const { upTo, unitPrice, flatFee } of model.tiers ?? []) {
    if (billed <= bottom) break;
    const top = upTo ? exact(upTo) : billed;
    const here = (billed < top ? billed : top) - bottom;
    total += times(here, exact(unitPrice ?? '0')) + exact(flatFee ?? '0');
    bottom = top;
  }
  return total;
}
