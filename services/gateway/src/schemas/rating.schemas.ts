import { z } from 'zod';
import { amount, code, currency, date, decimal, instant, text } from './value.schemas.js';

export const meterBody = z.strictObject({
  code,
  name: text(200),
  aggregation: z.enum(['count', 'sum', 'max', 'last', 'unique', 'register_delta']),
  unit: text(40).describe('For people and invoices: kWh, MB, session.'),
});

const beside = {
  included: amount.optional().describe('Free units per period before the model begins.'),
  event_fee: amount.optional().describe('Fee for each event, beside the model.'),
};

const tier = z.strictObject({
  up_to: amount.optional().describe('Left out in the last, unbounded tier.'),
  unit_price: decimal,
  flat_fee: decimal.optional(),
});

const tiers = z.array(tier).min(1).max(200);

const simpleModels = [
  z.strictObject({ model: z.literal('flat'), amount: decimal.describe('Once per period with usage.'), ...beside }),
  z.strictObject({ model: z.literal('per_unit'), unit_price: decimal, ...beside }),
  z.strictObject({ model: z.literal('graduated'), tiers, ...beside }),
  z.strictObject({ model: z.literal('volume'), tiers, ...beside }),
  z.strictObject({ model: z.literal('package'), package_size: amount, package_price: decimal, ...beside }),
  z.strictObject({ model: z.literal('per_event'), event_fee: amount, included: beside.included }),
] as const;

const simplePrice = z.discriminatedUnion('model', simpleModels);

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'is a time of day such as 06:30');

const timeWindow = z.strictObject({
  name: text(60),
  days: z.array(z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])).max(7).optional().describe('Left out for every day.'),
  from: clockTime,
  to: clockTime,
  price: simplePrice,
});

const timeOfUse = z.strictObject({
  model: z.literal('time_of_use'),
  windows: z.array(timeWindow).min(1).max(200).describe("The first window that fits, in the contract's time zone."),
  otherwise: simplePrice.describe('When no window fits.'),
});

const price = z.strictObject({
  meter: code,
  description: text(200).optional(),
  product: text(60).optional(),
  price: z.discriminatedUnion('model', [...simpleModels, timeOfUse]),
});

const priceListVersion = z.strictObject({
  effective_from: z
    .union([instant, date])
    .optional()
    .describe("Event time decides which version counts: from this time on, or from midnight of this day in the contract's time zone; left out: since ever."),
  prices: z.array(price).max(10_000),
});

export const priceListBody = z.strictObject({
  code,
  name: text(200),
  currency,
  tax_inclusive: z.boolean().default(false),
  versions: z.array(priceListVersion).min(1).max(1000),
});
