import type { MessageInitShape } from '@bufbuild/protobuf';
import type { ratingV1 } from '@tollkeeper/contracts';
import type { Tenancy } from '../services/tenant-directory.js';
import type { Chance } from '../world/chance.js';
import { planEvents } from './plan-events.js';
import { planPrices } from './plan-prices.js';

export type PlannedPriceModel = MessageInitShape<typeof ratingV1.PriceModelSchema>;
type PlannedTerms = MessageInitShape<typeof ratingV1.DeviceTermsSchema> & { readonly reference: string; readonly timeZone: string };

/** One event as a client sends it. */
export interface PlannedEvent {
  readonly id: string;
  readonly source: string;
  readonly device: string;
  readonly meter: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** Decimal string. */
  readonly quantity: string;
  readonly key: string;
  /** True when the edge must refuse it: it lacks its data. */
  readonly isBroken: boolean;
}

export interface PlannedBatch {
  readonly tenantId: string;
  readonly cause: string;
  readonly events: readonly PlannedEvent[];
  /** Milliseconds after its phase begins. */
  readonly afterMs: number;
  /** How often the client tries before it gives up. */
  readonly attempts: number;
  /** True when each try is a request of its own, as over HTTP; else the same message is sent again. */
  readonly isNewEachTime: boolean;
}

export interface PlannedMeter {
  readonly code: string;
  readonly aggregation: 'sum' | 'count' | 'max' | 'unique';
}

export interface PlannedPriceVersion {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly prices: Readonly<Record<string, PlannedPriceModel>>;
}

export interface PlannedTenant extends Tenancy {
  readonly currency: string;
  /** Percent, as in `25`. */
  readonly vatRate: string;
  readonly meters: readonly PlannedMeter[];
  readonly priceList: string;
  readonly versions: readonly PlannedPriceVersion[];
  readonly terms: readonly PlannedTerms[];
}

/** A month of usage, and the bill run that follows it. */
export interface PlannedMonth {
  readonly startMs: number;
  readonly endMs: number;
  /** Sent in the last moments of the month … */
  readonly batches: readonly PlannedBatch[];
  /** … and after it, while it is billed: some of it late. */
  readonly lateBatches: readonly PlannedBatch[];
}

export interface Plan {
  readonly tenants: readonly PlannedTenant[];
  readonly months: readonly PlannedMonth[];
  readonly processes: number;
  readonly pageEvents: number;
}

/** What the clients of one world will do; the same seed plans the same. */
export function planWorkload(chance: Chance): Plan {
  const tenants = Array.from({ length: chance.between(1, 2) }, (_, i) => planTenant(chance, i));
  const monthCount = chance.between(1, 2);
  const months = Array.from({ length: monthCount }, (_, i) => ({ startMs: Date.UTC(2026, i, 1), endMs: Date.UTC(2026, i + 1, 1) }));
  return {
    tenants,
    months: planEvents(chance, tenants, months),
    processes: chance.pick([1, 2, 2, 3]),
    pageEvents: chance.pick([2, 5, 20]),
  };
}

const countries = [
  { series: 'SE', currency: 'SEK', country: 'SE', vatRate: '25', zone: 'Europe/Stockholm', vatNumber: 'SE556677889901', reference: 'ocr' },
  { series: 'NL', currency: 'EUR', country: 'NL', vatRate: '21', zone: 'UTC', vatNumber: 'NL001234567B01', reference: 'rf' },
] as const;

function planTenant(chance: Chance, index: number): PlannedTenant {
  const tenantId = `ten_${'ab'.charAt(index)}`;
  const { series, currency, country, vatRate, zone, vatNumber, reference } = chance.pick(countries);
  const entity = `ent_${tenantId}`;
  const address = { line1: 'Main Street 1', postalCode: '11122', city: 'Town', country };
  const entities = [
    { id: entity, name: 'Seller', registrationNumber: '5566778899', vatNumber, address, currency, series, iban: 'SE4550000000058398257466', bankgiro: '123-4566', rounding: 'half_up', referenceKind: reference, paymentDays: 14, vatCategory: 'standard', timeZone: zone },
  ];
  const brands = [{ id: `brd_${tenantId}`, name: 'Brand', billingEntityId: entity, primaryColor: '#112233', accentColor: '#445566', language: 'en' }];
  const customers = Array.from({ length: chance.between(1, 2) }, (_, i) => ({
    id: `cus_${tenantId}_${i}`,
    kind: 'consumer',
    brandId: `brd_${tenantId}`,
    name: `Customer ${i}`,
    email: 'customer@example.com',
    address,
    country,
    language: 'en',
  }));
  const meters = planMeters(chance);
  const priceList = 'standard';
  const terms = Array.from({ length: chance.between(1, 4) }, (_, i) => {
    const customerId = chance.pick(customers).id;
    return {
      deviceId: `dev_${tenantId}_${i}`,
      reference: `device-${i}`,
      deviceName: `Device ${i}`,
      customerId,
      contractId: `con_${customerId}`,
      contractVersion: 1,
      currency,
      timeZone: zone,
      period: 'monthly',
      anchorDay: 1,
      priceLists: [priceList],
      recurringFees: chance.hits(0.3) ? [{ code: 'base', description: 'Base fee', amount: '9.90', per: 'device' }] : [],
      hold: chance.pick([undefined, undefined, { minimum: '5' }, { threshold: '20' }]),
      startDate: '2025-12-01',
    };
  });
  const contracts = customers.map(({ id }) => ({ id: `con_${id}`, customerId: id, currency, timeZone: zone, period: 'monthly', anchorDay: 1, priceLists: [priceList], startDate: '2025-12-01', version: 1 }));
  return { tenantId, currency, vatRate, entities, brands, customers, contracts, meters, priceList, versions: planPrices(chance, meters), terms };
}

function planMeters(chance: Chance): readonly PlannedMeter[] {
  const all: readonly PlannedMeter[] = [
    { code: 'energy', aggregation: 'sum' },
    { code: 'sessions', aggregation: 'count' },
    { code: 'peak', aggregation: 'max' },
    { code: 'users', aggregation: 'unique' },
  ];
  return chance.shuffled(all).slice(0, chance.between(1, 3));
}
