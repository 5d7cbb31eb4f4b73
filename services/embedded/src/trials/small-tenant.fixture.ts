import type { ApiClient } from '@tollkeeper/api-client';
import type { EmbeddedProcess } from './embedded-process.fixture.js';

export interface SmallTenant {
  readonly id: string;
  readonly apiKey: string;
  readonly client: ApiClient;
}

interface Created {
  readonly id: string;
}

/** A sandbox whose clock begins with the year, and its administrator. */
export async function newTenant(process: EmbeddedProcess, slug: string, mode: 'sandbox' | 'live' = 'sandbox'): Promise<SmallTenant> {
  const clock = mode === 'sandbox' ? { clock_start: '2026-01-01T00:00:00Z' } : {};
  const { id } = await process.operator.post<Created>('/v1/tenants', { name: slug, slug, mode, ...clock });
  const { secret } = await process.operator.post<{ readonly secret: string }>(`/v1/tenants/${id}/api-keys`, { name: 'Test', role: 'admin' });
  return { id, apiKey: secret, client: process.clientFor(secret) };
}

/** A Swedish seller with its brand. */
export async function newSeller(client: ApiClient, changes: object = {}): Promise<{ readonly entity: string; readonly brand: string }> {
  const { id: entity } = await client.post<Created>('/v1/billing-entities', {
    name: 'Testbolaget AB', registration_number: '559012-3450', vat_number: 'SE559012345001', currency: 'SEK', series: 'SE',
    address: { line1: 'Storgatan 1', postal_code: '111 22', city: 'Stockholm', country: 'SE' },
    bankgiro: '5805-6201', reference_kind: 'ocr', payment_days: 14, time_zone: 'Europe/Stockholm', ...changes,
  });
  const { id: brand } = await client.post<Created>('/v1/brands', { name: 'Test', billing_entity_id: entity, language: 'sv' });
  return { entity, brand };
}

export async function putMeter(client: ApiClient, code: string, aggregation = 'sum', unit = 'kWh'): Promise<void> {
  await client.post('/v1/meters', { code, name: code, aggregation, unit });
}

/** A price list with one version from the beginning of the year. */
export async function putPrices(client: ApiClient, code: string, currency: string, prices: readonly { readonly meter: string; readonly price: object }[]): Promise<void> {
  await client.post('/v1/price-lists', { code, name: code, currency, versions: [{ effective_from: '2026-01-01T00:00:00Z', prices }] });
}

export interface NewCustomer {
  readonly brand: string;
  readonly devices: readonly string[];
  readonly priceLists: readonly string[];
  readonly currency?: string;
  readonly timeZone?: string;
  readonly customer?: object;
  readonly contract?: object;
  readonly device?: object;
}

/** A customer with its devices under one contract. */
export async function newCustomer(client: ApiClient, wanted: NewCustomer): Promise<{ readonly customer: string; readonly contract: string }> {
  const { id: customer } = await client.post<Created>('/v1/customers', {
    kind: 'consumer', brand_id: wanted.brand, name: 'Anna Berg',
    address: { line1: 'Ekvägen 1', postal_code: '182 33', city: 'Danderyd', country: 'SE' }, ...wanted.customer,
  });
  const devices = wanted.devices.map((reference) => ({ reference, customer_id: customer, ...wanted.device }));
  const { refused } = await client.post<{ readonly refused: readonly object[] }>('/v1/devices', { devices });
  if (refused.length > 0) throw new Error(`devices were refused: ${JSON.stringify(refused)}`);
  const { id: contract } = await client.post<Created>('/v1/contracts', {
    customer_id: customer, currency: wanted.currency ?? 'SEK', time_zone: wanted.timeZone ?? 'Europe/Stockholm', period: 'monthly',
    price_lists: wanted.priceLists, start_date: '2026-01-01', devices: wanted.devices, ...wanted.contract,
  });
  return { customer, contract };
}

/** A usage event in the native format. */
export function usageEvent(device: string, id: string, time: string, meter: string, quantity: string): object {
  return { specversion: '1.0', type: 'tollkeeper.usage.v1', source: `test/${device}`, id, time, subject: device, data: { meter, quantity } };
}
