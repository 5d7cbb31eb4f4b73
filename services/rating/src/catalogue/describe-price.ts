import type { PriceModel, SimplePriceModel } from '@tollkeeper/rating';

/** A price in a few words, for an invoice line: "0.25 SEK per kWh". `window` picks the window of a time-of-use price. */
export function describePrice(model: PriceModel, currency: string, unit: string, window: string): string {
  if (model.model !== 'time_of_use') return describeSimple(model, currency, unit);
  const chosen = model.windows.find((one) => one.name === window);
  return chosen ? `${describeSimple(chosen.price, currency, unit)}, ${chosen.name}` : describeSimple(model.otherwise, currency, unit);
}

function describeSimple(model: SimplePriceModel, currency: string, unit: string): string {
  const per = unit === '' ? 'unit' : unit;
  const parts = [own(model, currency, per)];
  if (model.included !== undefined) parts.push(`${model.included} ${model.model === 'per_event' ? 'events' : per} included`);
  if (model.event_fee !== undefined && model.model !== 'per_event') parts.push(`${model.event_fee} ${currency} per event`);
  return parts.join(', ');
}

function own(model: SimplePriceModel, currency: string, per: string): string {
  switch (model.model) {
    case 'flat':
      return `${model.amount} ${currency} per period`;
    case 'per_unit':
      return `${model.unit_price} ${currency} per ${per}`;
    case 'graduated':
    case 'volume':
      return model.tiers
        .map((tier, i) => {
          const price = `${tier.unit_price} ${currency} per ${per}${tier.flat_fee === undefined ? '' : ` and ${tier.flat_fee} ${currency} once`}`;
          if (tier.up_to === undefined) return i === 0 ? price : `${price} above`;
          return `${price} up to ${tier.up_to}`;
        })
        .join('; ');
    case 'package':
      return `${model.package_price} ${currency} per ${model.package_size} ${per} begun`;
    case 'per_event':
      return `${model.event_fee} ${currency} per event`;
  }
}
