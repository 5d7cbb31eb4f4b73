import { RawBody } from '@tollkeeper/api-client';
import type { EmbeddedProcess } from './embedded-process.fixture.js';
import { eventually, settledReceipt } from './eventually.fixture.js';
import { newCustomer, newSeller, newTenant, putMeter, putPrices, type SmallTenant, usageEvent } from './small-tenant.fixture.js';

/** A tenant that has one of everything that an address can name. */
export interface FurnishedTenant extends SmallTenant {
  /** Prefix of an id (`inv`) → the id. */
  readonly ids: Readonly<Record<string, string>>;
  readonly names: TenantNames;
}

/** What the tenant calls its own things. */
export interface TenantNames {
  readonly meter: string;
  readonly priceList: string;
  readonly mapping: string;
  readonly device: string;
}

interface Created {
  readonly id: string;
}

/** The ids that `sampleRequest` writes into addresses and bodies. */
const exampleIds = /\b([a-z]{3})_01kd3v8q2mexample000000000\b/g;

/** Puts ids in the place of the examples; prefixes that `ids` lacks keep theirs. */
export function withIds(text: string, ids: Readonly<Record<string, string>>): string {
  return text.replace(exampleIds, (example, prefix: string) => ids[prefix] ?? example);
}

/** Lives through a month, so that there are invoices, payments, a partner's statement, deliveries and a quarantine. */
export async function furnish(process: EmbeddedProcess, slug: string, names: TenantNames): Promise<FurnishedTenant> {
  const tenant = await newTenant(process, slug);
  const { client } = tenant;
  const create = async (path: string, body: object) => (await client.post<Created>(path, body)).id;
  await putMeter(client, names.meter);
  await putPrices(client, names.priceList, 'SEK', [{ meter: names.meter, price: { model: 'per_unit', unit_price: '2.00' } }]);
  const definition = { format: 'csv', csv: { delimiter: ';', header: true }, events: [{ id: '{id}', source: 'csv', device: '{id}', meter: names.meter, time: '{when}', quantity: '{amount}' }] };
  await client.post('/v1/mappings', { code: names.mapping, definition });
  const { entity, brand } = await newSeller(client);
  const par = await create('/v1/partners', { name: 'Partner', currency: 'SEK' });
  const agr = await create('/v1/agreements', { partner_id: par, basis: 'invoiced', currency: 'SEK', start_date: '2026-01-01', rates: [{ meter: '*', percentage: '10' }] });
  const { customer, contract } = await newCustomer(client, { brand, devices: [names.device], priceLists: [names.priceList], device: { partner_id: par } });
  const whk = await create('/v1/webhooks', { url: 'http://127.0.0.1:9/nobody-listens', events: ['invoice.issued'] });
  const key = await create('/v1/api-keys', { name: 'Spare', role: 'support' });
  await client.post('/v1/clock/advance', { to: '2026-02-01T06:00:00Z' });
  const events = [usageEvent(names.device, '1', '2026-01-10T10:00:00Z', names.meter, '100'), usageEvent('SE*NGR*NOBODY', '2', '2026-01-10T10:00:00Z', names.meter, '1')];
  const { id: rcp } = await client.post<Created>('/v1/usage', new RawBody('application/json', JSON.stringify(events)));
  await settledReceipt(client, rcp);
  const { id: fil } = await client.post<Created>('/v1/files', new RawBody('text/csv', 'id;when;amount\n'), { query: { name: 'empty.csv', mapping: names.mapping } });
  const run = await create('/v1/bill-runs', { billing_entity_id: entity, until: '2026-02-01T00:00:00+01:00' });
  await eventually(() => client.get<{ status: string }>(`/v1/bill-runs/${run}`), ({ status }) => status === 'done');
  const first = (path: string) => eventually(async () => (await client.get<{ items: readonly Created[] }>(path)).items[0]?.id ?? '', (id) => id !== '');
  const inv = await first('/v1/invoices');
  const pay = await create('/v1/payments', { amount: '1.00', currency: 'SEK', customer_id: customer });
  const dlv = await first('/v1/webhook-deliveries');
  const qua = await first('/v1/quarantine');
  await client.post('/v1/clock/advance', { to: '2026-03-02T06:00:00Z' });
  const sta = await first('/v1/statements');
  const ids = { ten: tenant.id, key, ent: entity, brd: brand, cus: customer, con: contract, par, agr, run, inv, pay, rcp, fil, qua, whk, dlv, sta };
  return { ...tenant, ids, names };
}
