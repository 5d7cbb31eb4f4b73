import type { Chance } from '../world/chance.js';
import type { PlannedMeter, PlannedPriceModel, PlannedPriceVersion } from './plan.js';

/** A price list with one version, or with two that change in the middle of January. */
export function planPrices(chance: Chance, meters: readonly PlannedMeter[]): readonly PlannedPriceVersion[] {
  const version = (from: number): PlannedPriceVersion => ({ from, prices: Object.fromEntries(meters.map((meter) => [meter.code, planPrice(chance, meter)])) });
  const versions = [version(Date.UTC(2025, 10, 1))];
  if (chance.hits(0.5)) versions.push(version(Date.UTC(2026, 0, chance.between(10, 20), 12)));
  return versions;
}

function planPrice(chance: Chance, { aggregation }: PlannedMeter): PlannedPriceModel {
  const additive: readonly PlannedPriceModel[] = [
    { model: 'per_unit', unitPrice: '0.0375', eventFee: '0.10' },
    { model: 'per_unit', unitPrice: '1.2', included: '3.5' },
    { model: 'graduated', tiers: [{ upTo: '5', unitPrice: '0.9' }, { upTo: '20', unitPrice: '0.55', flatFee: '1' }, { unitPrice: '0.0123' }] },
    { model: 'volume', tiers: [{ upTo: '10', unitPrice: '0.8' }, { unitPrice: '0.31' }] },
    { model: 'package', packageSize: '4', packagePrice: '2.5' },
    { model: 'flat', amount: '7.25' },
  ];
  const windowed: PlannedPriceModel = {
    model: 'time_of_use',
    windows: [{ name: 'night', days: [], from: '22:00', to: '24:00', price: { model: 'per_unit', unitPrice: '0.11' } }, { name: 'early', days: [], from: '00:00', to: '06:00', price: { model: 'per_unit', unitPrice: '0.12' } }],
    otherwise: { model: 'per_unit', unitPrice: '0.37' },
  };
  const isAdditive = aggregation === 'sum' || aggregation === 'count';
  return chance.pick(isAdditive ? [...additive, windowed, windowed] : additive.slice(1));
}
