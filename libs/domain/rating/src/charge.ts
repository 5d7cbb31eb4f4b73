import { Decimal, maxDecimal } from '@tollkeeper/money';
import type { SimplePriceModel, Tier } from './price-list.js';

/** A simple model with its decimals parsed, once per catalogue. */
export interface CompiledModel {
  readonly included: Decimal;
  readonly eventFee: Decimal;
  readonly of:
    | { readonly model: 'flat'; readonly amount: Decimal }
    | { readonly model: 'per_unit'; readonly unitPrice: Decimal }
    | { readonly model: 'graduated' | 'volume'; readonly tiers: readonly CompiledTier[] }
    | { readonly model: 'package'; readonly size: Decimal; readonly price: Decimal }
    | { readonly model: 'per_event' };
}

interface CompiledTier {
  /** The tier holds quantities above this, up to the next tier's. */
  readonly above: Decimal;
  readonly unitPrice: Decimal;
  readonly flatFee: Decimal;
  /** What a graduated price charges for all units of the tiers below. */
  readonly below: Decimal;
}

/** @throws DecimalSyntaxError for a model that `readPriceList` would have refused. */
export function compileModel(model: SimplePriceModel): CompiledModel {
  return { included: decimalOr0(model.included), eventFee: decimalOr0(model.event_fee), of: compileOwn(model) };
}

function compileOwn(model: SimplePriceModel): CompiledModel['of'] {
  switch (model.model) {
    case 'flat':
      return { model: 'flat', amount: Decimal.of(model.amount) };
    case 'per_unit':
      return { model: 'per_unit', unitPrice: Decimal.of(model.unit_price) };
    case 'graduated':
    case 'volume':
      return { model: model.model, tiers: compileTiers(model.tiers) };
    case 'package':
      return { model: 'package', size: Decimal.of(model.package_size), price: Decimal.of(model.package_price) };
    case 'per_event':
      return { model: 'per_event' };
  }
}

function compileTiers(tiers: readonly Tier[]): readonly CompiledTier[] {
  const compiled: CompiledTier[] = [];
  let above = Decimal.zero;
  let below = Decimal.zero;
  for (const tier of tiers) {
    const [unitPrice, flatFee] = [Decimal.of(tier.unit_price), decimalOr0(tier.flat_fee)];
    compiled.push({ above, unitPrice, flatFee, below });
    if (tier.up_to === undefined) break;
    const upTo = Decimal.of(tier.up_to);
    below = below.plus(flatFee).plus(upTo.minus(above).times(unitPrice));
    above = upTo;
  }
  return compiled;
}

function decimalOr0(text: string | undefined): Decimal {
  return text === undefined ? Decimal.zero : Decimal.of(text);
}

/**
 * What a period's cumulative quantity and number of events cost, exactly. Pure: the charge of a step is the difference
 * between two of these, and so the total does not depend on how the steps were cut. A quantity below zero (more
 * corrections than usage) costs nothing; no events cost nothing.
 */
export function charge(model: CompiledModel, quantity: Decimal, events: number): Decimal {
  if (events === 0) return Decimal.zero;
  if (model.of.model === 'per_event') return beyond(Decimal.fromInteger(events), model.included).times(model.eventFee);
  const own = chargeQuantity(model.of, model.included.isZero() ? quantity : beyond(quantity, model.included), model.included);
  return model.eventFee.isZero() ? own : own.plus(model.eventFee.times(Decimal.fromInteger(events)));
}

/** The same for a model as it is written. */
export function chargeFor(model: SimplePriceModel, cumulativeQuantity: Decimal, cumulativeEventCount: number): Decimal {
  return charge(compileModel(model), cumulativeQuantity, cumulativeEventCount);
}

function beyond(quantity: Decimal, included: Decimal): Decimal {
  return maxDecimal(quantity.minus(included), Decimal.zero);
}

type QuantityModel = Exclude<CompiledModel['of'], { readonly model: 'per_event' }>;

function chargeQuantity(of: QuantityModel, quantity: Decimal, included: Decimal): Decimal {
  const isUsed = quantity.sign() > 0;
  if (of.model === 'flat') return isUsed || included.isZero() ? of.amount : Decimal.zero;
  if (!isUsed) return Decimal.zero;
  switch (of.model) {
    case 'per_unit':
      return quantity.times(of.unitPrice);
    case 'graduated': {
      const tier = tierOf(of.tiers, quantity);
      return tier === undefined ? Decimal.zero : tier.below.plus(tier.flatFee).plus(quantity.minus(tier.above).times(tier.unitPrice));
    }
    case 'volume': {
      const tier = tierOf(of.tiers, quantity);
      return tier === undefined ? Decimal.zero : tier.flatFee.plus(quantity.times(tier.unitPrice));
    }
    case 'package':
      return quantity.ceilQuotient(of.size).times(of.price);
  }
}

/** The tier that holds the quantity: the last one that begins below it. Lists of tiers are short. */
function tierOf(tiers: readonly CompiledTier[], quantity: Decimal): CompiledTier | undefined {
  for (let index = tiers.length - 1; index > 0; index--) {
    const tier = tiers[index];
    if (tier && quantity.compare(tier.above) > 0) return tier;
  }
  return tiers[0];
}
