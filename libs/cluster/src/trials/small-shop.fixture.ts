import { type ApiClient, ApiProblem } from '@tollkeeper/api-client';
import type { ClusterUnderTest } from './cluster.fixture.js';

interface Created {
  readonly id: string;
}

export interface Shop {
  readonly tenant: string;
  readonly apiKey: string;
  readonly client: ApiClient;
  readonly entity: string;
  readonly brand: string;
  readonly customer: string;
  readonly devices: readonly string[];
}

/** A sandbox of January 2026 with a seller, a price of 2 kronor per kilowatt-hour unless told otherwise, and a customer with devices. */
export async function openShop(cluster: ClusterUnderTest, slug: string, devices: readonly string[], price: object = { model: 'per_unit', unit_price: '2.00' }): Promise<Shop> {
  const operator = cluster.operator();
  const { id: tenant } = await operator.post<Created>('/v1/tenants', { name: slug, slug, mode: 'sandbox', clock_start: '2026-01-01T00:00:00Z' });
  const { secret: apiKey } = await operator.post<{ readonly secret: string }>(`/v1/tenants/${tenant}/api-keys`, { name: 'Test', role: 'admin' });
  const client = cluster.clientFor(apiKey);
  const { id: entity } = await client.post<Created>('/v1/billing-entities', {
    name: 'Testbolaget AB', registration_number: '559012-3450', vat_number: 'SE559012345001', currency: 'SEK', series: 'SE',
    address: { line1: 'Storgatan 1', postal_code: '111 22', city: 'Stockholm', country: 'SE' },
    bankgiro: '5805-6201', reference_kind: 'ocr', payment_days: 14, time_zone: 'Europe/Stockholm',
  });
  const { id: brand } = await client.post<Created>('/v1/brands', { name: 'Test', billing_entity_id: entity, language: 'sv' });
  await client.post('/v1/meters', { code: 'energy', name: 'Energy', aggregation: 'sum', unit: 'kWh' });
  const prices = [{ meter: 'energy', price }];
  await client.post('/v1/price-lists', { code: 'home', name: 'Home', currency: 'SEK', versions: [{ effective_from: '2026-01-01T00:00:00Z', prices }] });
  const customer = await addCustomer(client, brand, devices);
  return { tenant, apiKey, client, entity, brand, customer, devices };
}

/** A customer whose devices run under one contract, at the prices of the shop. */
export async function addCustomer(client: ApiClient, brand: string, devices: readonly string[], contract: object = {}): Promise<string> {
  const { id: customer } = await client.post<Created>('/v1/customers', {
    kind: 'consumer', brand_id: brand, name: 'Anna Berg', address: { line1: 'Ekvägen 1', postal_code: '182 33', city: 'Danderyd', country: 'SE' },
  });
  const { refused } = await client.post<{ readonly refused: readonly object[] }>('/v1/devices', {
    devices: devices.map((reference) => ({ reference, customer_id: customer })),
  });
  if (refused.length > 0) throw new Error(`devices were refused: ${JSON.stringify(refused)}`);
  await client.post('/v1/contracts', {
    customer_id: customer, currency: 'SEK', time_zone: 'Europe/Stockholm', period: 'monthly', price_lists: ['home'], start_date: '2026-01-01', devices, ...contract,
  });
  return customer;
}

export function usageEvent(device: string, id: string, time: string, quantity: string): object {
  return { specversion: '1.0', type: 'tollkeeper.usage.v1', source: `test/${device}`, id, time, subject: device, data: { meter: 'energy', quantity } };
}

/** Asks until the answer is good. @throws Error with the last answer */
export async function eventually<T>(ask: () => Promise<T>, good: (answer: T) => boolean, withinMs = 60_000): Promise<T> {
  for (const end = Date.now() + withinMs; ; ) {
    const answer = await ask();
    if (good(answer)) return answer;
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms; the last answer was ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export interface Receipt {
  readonly id: string;
  readonly status: string;
  readonly received: number;
  readonly booked: number;
  readonly duplicate: number;
}

/** Waits until everything of a receipt has an outcome. A receipt that was just given out is not readable at once. */
export async function settled(client: ApiClient, id: string): Promise<Receipt> {
  const ask = () =>
    client.get<Receipt>(`/v1/receipts/${id}`).catch((error: unknown) => {
      if (error instanceof ApiProblem && error.status === 404) return undefined;
      throw error;
    });
  const receipt = await eventually(ask, (answer) => answer?.status === 'settled');
  if (!receipt) throw new Error(`receipt ${id} never appeared`);
  return receipt;
}
