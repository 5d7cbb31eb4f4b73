import type { ApiClient } from '@tollkeeper/api-client';
import { meters, priceLists } from './catalogue.js';
import { billingEntities, brands, customers, partner, sampleDevices, tenant } from './fleet.js';

/** What the story needs to know of what it created. */
export interface SampleTenant {
  readonly tenantId: string;
  readonly apiKey: string;
  readonly client: ApiClient;
  readonly entities: Readonly<Record<'voltvik' | 'meterhuis', string>>;
  /** Customer key of the fleet → id. */
  readonly customers: ReadonlyMap<string, string>;
  readonly partnerId: string;
  readonly devices: number;
}

interface Created {
  readonly id: string;
}

/** Creates the sample tenant through the public API; every request carries a key of its own, so that a cut-off start can be repeated. */
export async function setUp(operator: ApiClient, asTenant: (apiKey: string) => ApiClient, advance: (by: number) => void): Promise<SampleTenant> {
  const once = (name: string) => ({ idempotencyKey: `sample-${name}` });
  const { id: tenantId } = await operator.post<Created>('/v1/tenants', tenant, once('tenant'));
  const { secret: apiKey } = await operator.post<{ readonly secret: string }>(`/v1/tenants/${tenantId}/api-keys`, { name: 'Sample', role: 'admin' }, once('key'));
  const client = asTenant(apiKey);
  const create = async (path: string, body: object, name: string): Promise<string> => {
    const { id } = await client.post<Created>(path, body, once(name));
    advance(1);
    return id;
  };
  for (const meter of meters) await create('/v1/meters', meter, `meter-${meter.code}`);
  for (const list of priceLists) await create('/v1/price-lists', list, `list-${list.code}`);
  const entities = {
    voltvik: await create('/v1/billing-entities', billingEntities.voltvik, 'entity-se'),
    meterhuis: await create('/v1/billing-entities', billingEntities.meterhuis, 'entity-nl'),
  };
  const brandIds = {
    voltvik: await create('/v1/brands', { ...brands.voltvik, billing_entity_id: entities.voltvik }, 'brand-se'),
    meterhuis: await create('/v1/brands', { ...brands.meterhuis, billing_entity_id: entities.meterhuis }, 'brand-nl'),
  };
  await client.put(`/v1/dunning-policies/${entities.voltvik}`, dunning('60.00'), once('dunning-se'));
  await client.put(`/v1/dunning-policies/${entities.meterhuis}`, dunning('7.50'), once('dunning-nl'));
  const partnerId = await create('/v1/partners', partner, 'partner');
  await create('/v1/agreements', { partner_id: partnerId, basis: 'paid', currency: 'SEK', start_date: '2026-01-01', rates: [{ meter: 'energy_kwh', percentage: '8' }] }, 'agreement');
  const ids = new Map<string, string>();
  const devices = sampleDevices();
  for (const customer of customers) {
    const { key, brand, contract, fleet: _fleet, ...person } = customer;
    const body = { ...person, reference: key };
    const customerId = await create('/v1/customers', { ...body, brand_id: brandIds[brand] }, `customer-${key}`);
    ids.set(key, customerId);
    const own = devices.filter((device) => device.customer === key);
    const registered = own.map(({ reference, name, kind, department, partner: brought }) => ({
      reference,
      name,
      kind,
      department,
      customer_id: customerId,
      partner_id: brought ? partnerId : undefined,
    }));
    await client.post('/v1/devices', { devices: registered }, once(`devices-${key}`));
    await create(
      '/v1/contracts',
      { ...contract, customer_id: customerId, period: 'monthly', start_date: '2026-01-01', devices: own.map(({ reference }) => reference) },
      `contract-${key}`,
    );
  }
  return { tenantId, apiKey, client, entities, customers: ids, partnerId, devices: devices.length };
}

/** Requests that `setUp` counts for its bar. */
export const setUpSteps = meters.length + priceLists.length + 6 + customers.length * 2;

/** A reminder with a fee ten days after the due date, a block after twenty. */
function dunning(fee: string): object {
  return {
    minimum: '1.00',
    steps: [
      { days_after_due: 10, action: 'reminder', fee },
      { days_after_due: 20, action: 'block', fee: '0' },
    ],
  };
}
