import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type ApiClient, RawBody } from '@tollkeeper/api-client';
import { bgmax, camt054 } from '../sample/bank-files.js';
import { type EmbeddedProcess, newFolder, startForTest } from './embedded-process.fixture.js';
import { eventually, settledReceipt as settledAt } from './eventually.fixture.js';
import { ocpiCdr, simCsv, ttsUplink } from './field-usage.fixture.js';
import { plain, proveAll, trialSums } from './proofs.fixture.js';
import { newCustomer, newSeller, newTenant, putMeter, putPrices, usageEvent } from './small-tenant.fixture.js';
import { WebhookListener } from './webhook-listener.fixture.js';

interface Receipt {
  readonly id: string;
  readonly status: string;
  readonly received: number;
  readonly booked: number;
  readonly duplicate: number;
  readonly quarantined: number;
}
interface Invoice {
  readonly id: string;
  readonly kind: string;
  readonly number: string;
  readonly customer_id: string;
  readonly reference: string;
  readonly net: string;
  readonly tax: string;
  readonly total: string;
  readonly lines: readonly { readonly number: number; readonly device?: string; readonly net: string; readonly adjustment: boolean; readonly quantity: string; readonly department?: string }[];
}
interface BillRun {
  readonly id: string;
  readonly status: string;
  readonly invoices: number;
  readonly total: string;
  readonly failures: readonly object[];
}
interface Account {
  readonly balance?: string;
  readonly open_items: readonly { readonly open: string; readonly number: string; readonly reference: string }[];
  readonly credit?: string;
}
interface Page<T> {
  readonly items: readonly T[];
}

jest.setTimeout(30_000);

const folder = newFolder('main-job');
const charger = 'SE*TST*E1';
const depot = 'SE*TST*E2';
const sim = '8931000000000000001';
const heat = '70B3D57ED0000001';

let platform: EmbeddedProcess;
let listener: WebhookListener;
let client: ApiClient;
let apiKey: string;
let swedish: { entity: string; brand: string };
let dutch: { entity: string; brand: string };
let anna: string;
let bergs: string;
let sanne: string;
let partner: string;

const send = (body: RawBody, query = {}) => client.post<Receipt>('/v1/usage', body, { query });
const json = (records: readonly object[]) => new RawBody('application/json', JSON.stringify(records));
const ndjson = (records: readonly object[]) => records.map((record) => JSON.stringify(record)).join('\n');
const settledReceipt = ({ id }: { readonly id: string }) => settledAt<Receipt>(client, id);
const advance = (to: string) => client.post('/v1/clock/advance', { to });
const balanceOf = async (device: string) => (await client.get<{ readonly balance: string }>(`/v1/devices/${encodeURIComponent(device)}/account`)).balance;
const accountOf = (customer: string) => client.get<Account>(`/v1/customers/${customer}/account`);
const openOf = async (customer: string) => (await accountOf(customer)).open_items.map(({ open }) => open);
const entitlement = (device: string) => client.get<{ readonly entitled: boolean }>(`/v1/devices/${encodeURIComponent(device)}/entitlement`);

async function invoicesOf(query: Readonly<Record<string, string>>): Promise<readonly Invoice[]> {
  const items: Invoice[] = [];
  for await (const item of client.list<Invoice>('/v1/invoices', query)) items.push(item);
  return items.sort((a, b) => (a.number < b.number ? -1 : 1));
}

async function bill(entity: string, until: string): Promise<BillRun> {
  const { id } = await client.post<BillRun>('/v1/bill-runs', { billing_entity_id: entity, until });
  return eventually(() => client.get<BillRun>(`/v1/bill-runs/${id}`), ({ status }) => status !== 'running');
}

async function download(path: string, accept: string): Promise<string> {
  return Buffer.from(await (await client.send('GET', path, undefined, { headers: { accept } })).arrayBuffer()).toString('latin1');
}

beforeAll(async () => {
  platform = await startForTest(folder.path);
  listener = await WebhookListener.open();
  ({ client, apiKey } = await newTenant(platform, 'northgrid'));
  const meters = [['energy_kwh'], ['data_mb', 'sum', 'MB'], ['sms', 'count', 'SMS'], ['energy_register_kwh', 'register_delta']] as const;
  for (const [code, aggregation, unit] of meters) await putMeter(client, code, aggregation, unit);
  await putPrices(client, 'charging', 'SEK', [{ meter: 'energy_kwh', price: { model: 'per_unit', unit_price: '2.00' } }]);
  await putPrices(client, 'things', 'EUR', [
    { meter: 'data_mb', price: { model: 'per_unit', unit_price: '0.05' } },
    { meter: 'sms', price: { model: 'per_event', event_fee: '0.10' } },
    { meter: 'energy_register_kwh', price: { model: 'per_unit', unit_price: '0.20' } },
  ]);
  swedish = await newSeller(client);
  dutch = await newSeller(client, {
    name: 'Testhuis B.V.', registration_number: '33011433', vat_number: 'NL004495445B01', currency: 'EUR', series: 'NL', reference_kind: 'rf', bankgiro: undefined,
    address: { line1: 'Keizersgracht 100', postal_code: '1015 AA', city: 'Amsterdam', country: 'NL' }, iban: 'NL91ABNA0417164300', time_zone: 'Europe/Amsterdam',
  });
  await client.put(`/v1/dunning-policies/${swedish.entity}`, {
    steps: [{ days_after_due: 10, action: 'reminder', fee: '60.00', currency: 'SEK' }, { days_after_due: 20, action: 'block' }],
    minimum: '1.00',
  });
  partner = (await client.post<{ id: string }>('/v1/partners', { name: 'Solna Parkering AB', currency: 'SEK', language: 'sv' })).id;
  await client.post('/v1/agreements', { partner_id: partner, basis: 'invoiced', currency: 'SEK', start_date: '2026-01-01', rates: [{ meter: '*', percentage: '10' }] });
  ({ customer: anna } = await newCustomer(client, { brand: swedish.brand, devices: [charger], priceLists: ['charging'] }));
  ({ customer: bergs } = await newCustomer(client, {
    brand: swedish.brand, devices: [depot], priceLists: ['charging'],
    customer: { kind: 'company', name: 'Bergs Åkeri AB', vat_number: 'SE556036079301', departments: [{ code: 'north', name: 'North' }] },
    device: { department: 'north', partner_id: partner },
  }));
  ({ customer: sanne } = await newCustomer(client, {
    brand: dutch.brand, devices: [sim, heat], priceLists: ['things'], currency: 'EUR', timeZone: 'Europe/Amsterdam',
    customer: { name: 'Sanne de Boer', address: { line1: 'Lindelaan 10', postal_code: '3512 AB', city: 'Utrecht', country: 'NL' } },
  }));
  const endpoint = await client.post<{ secret: string }>('/v1/webhooks', { url: listener.url, events: ['device.blocked', 'device.unblocked', 'invoice.issued'] });
  listener.secret = endpoint.secret;
  await advance('2026-02-01T06:00:00Z');
}, 60_000);

afterAll(async () => {
  listener.close();
  await platform.kill();
  folder.remove();
});

describe('from a reading to a paid invoice and a partner\'s share', () => {
  it('takes usage in the four formats, and settles its receipts', async () => {
    const cdrs = [
      ocpiCdr(charger, 'A1', '2026-01-10T10:00:00Z', 10.5),
      ocpiCdr(depot, 'B1', '2026-01-11T10:00:00Z', 100),
      ocpiCdr(charger, 'A1', '2026-01-10T10:00:00Z', 10.5),
      ocpiCdr(charger, 'A1', '2026-01-10T10:00:00Z', 11.5),
      ocpiCdr('SE*TST*E9', 'C1', '2026-01-12T10:00:00Z', 4),
    ];
    const ocpi = await settledReceipt(await send(json(cdrs), { mapping: 'ocpi-cdr-2.2.1' }));
    expect(ocpi).toMatchObject({ received: 5, booked: 2, duplicate: 1, quarantined: 2 });

    const csv = simCsv(sim, [
      { id: '1', kind: 'Data', at: '2026-01-05T10:00:00Z', volume: '12.5' },
      { id: '2', kind: 'Data', at: '2026-01-06T10:00:00Z', volume: '7.5' },
      { id: '3', kind: 'SMS', at: '2026-01-06T11:00:00Z', volume: '1' },
      { id: '4', kind: 'SMS', at: '2026-01-07T11:00:00Z', volume: '1' },
    ]);
    const upload = () => client.post<{ id: string; repeated_file: boolean }>('/v1/files', new RawBody('text/csv', csv), { query: { name: 'sim.csv', mapping: 'sim-usage-csv' } });
    const { id } = await upload();
    const file = await eventually(() => client.get<{ status: string; receipt_ids: string[] }>(`/v1/files/${id}`), ({ status }) => status === 'done');
    for (const receipt of file.receipt_ids) expect(await settledReceipt({ id: receipt })).toMatchObject({ booked: 4 });
    expect(await upload()).toMatchObject({ id, repeated_file: true });

    const uplinks = [ttsUplink(heat, 1, '2026-01-02T00:00:00Z', 1000), ttsUplink(heat, 2, '2026-01-12T00:00:00Z', 1010.5), ttsUplink(heat, 3, '2026-01-30T00:00:00Z', 1025)];
    const lora = await settledReceipt(await send(new RawBody('application/x-ndjson', ndjson(uplinks)), { mapping: 'tts-uplink' }));
    expect(lora).toMatchObject({ received: 3, booked: 3 });

    const events = [usageEvent(charger, '1', '2026-01-20T10:00:00Z', 'energy_kwh', '2.25'), usageEvent(charger, '2', '2026-01-21T10:00:00Z', 'energy_kwh', '2.25')];
    const packed = new RawBody('application/x-ndjson', gzipSync(ndjson(events)));
    const native = await client.post<Receipt>('/v1/usage', packed, { headers: { 'content-encoding': 'gzip' } });
    expect(await settledReceipt(native)).toMatchObject({ received: 2, booked: 2 });
    const single = await send(new RawBody('application/cloudevents+json', JSON.stringify(events[0])));
    expect(await settledReceipt(single)).toMatchObject({ received: 1, duplicate: 1 });
  });

  it('sets aside what it cannot use, and books it once it is mended', async () => {
    const { items } = await client.get<Page<{ id: string; reason: string; event?: { id: string } }>>('/v1/quarantine', { status: 'open' });
    expect(items.map(({ reason }) => reason).sort()).toEqual(['conflict', 'unknown_device']);
    const stranger = items.find(({ reason }) => reason === 'unknown_device');
    const { receipt_ids } = await client.post<{ receipt_ids: string[] }>(`/v1/quarantine/${stranger?.id}/replay`, { fix: { device: charger } });
    expect(await settledReceipt({ id: receipt_ids[0] ?? '' })).toMatchObject({ booked: 1 });
    expect(await client.get(`/v1/quarantine/${stranger?.id}`)).toMatchObject({ status: 'replayed' });
    const { items: days } = await client.get<Page<Receipt & { unsettled: number }>>('/v1/usage/days', { from: '2026-01-01', to: '2026-02-28' });
    expect(days).toHaveLength(1);
    for (const day of days) expect([day.unsettled, day.booked + day.duplicate + day.quarantined]).toEqual([0, day.received]);
  });

  it('shows what each device owes, entry by entry', async () => {
    expect([await balanceOf(charger), await balanceOf(depot), await balanceOf(sim), await balanceOf(heat)]).toEqual(['38', '200', '1.2', '5']);
    const { items } = await client.get<Page<{ n: number; prev?: string; hash: string }>>(`/v1/devices/${encodeURIComponent(charger)}/account/entries`);
    const chain = [...items].sort((a, b) => a.n - b.n);
    expect(chain.map(({ n }) => n)).toEqual(chain.map((_entry, i) => i + 1));
    for (const [i, entry] of chain.entries()) if (i > 0) expect(entry.prev).toBe(chain[i - 1]?.hash);
  });

  it('previews a bill run without writing, then issues the same with numbers 1 to n', async () => {
    await client.post('/v1/price-lists', {
      code: 'charging', name: 'charging', currency: 'SEK',
      versions: [['2026-01-01', '2.00'], ['2026-02-01', '3.00']].map(([day, unit_price]) => ({
        effective_from: `${day}T00:00:00+01:00`, prices: [{ meter: 'energy_kwh', price: { model: 'per_unit', unit_price } }],
      })),
    });
    const order = { billing_entity_id: swedish.entity, until: '2026-02-01T00:00:00+01:00' };
    const preview = await client.post<BillRun & { preview: readonly Invoice[] }>('/v1/bill-runs/preview', order);
    expect([preview.status, preview.preview.map(({ total }) => plain(total)).sort()]).toEqual(['preview', ['250', '47.5']]);
    expect(await invoicesOf({})).toEqual([]);
    const run = await bill(swedish.entity, order.until);
    expect([run.status, run.invoices, plain(run.total), run.failures]).toEqual(['done', 2, '297.5', []]);
    expect(await bill(dutch.entity, '2026-02-01T00:00:00+01:00')).toMatchObject({ invoices: 1, total: '7.5' });
    expect((await invoicesOf({ billing_entity_id: swedish.entity })).map(({ number }) => number)).toEqual(['SE2026-000001', 'SE2026-000002']);
    expect(await balanceOf(charger)).toBe('0');
    const [company] = await invoicesOf({ customer_id: bergs });
    const { lines } = await client.get<Invoice>(`/v1/invoices/${company?.id}`);
    expect(lines[0]).toMatchObject({ department: 'north', device: depot, quantity: '100', net: '200.00' });
    expect(await download(`/v1/invoices/${company?.id}/pdf`, 'application/pdf')).toMatch(/^%PDF-/);
  });

  it('matches payments by hand and by the files of two banks', async () => {
    const [own] = await invoicesOf({ customer_id: anna });
    const [company] = await invoicesOf({ customer_id: bergs });
    const [foreign] = await invoicesOf({ customer_id: sanne });
    const over = await client.post('/v1/payments', { amount: '300.00', currency: 'SEK', reference: company?.reference });
    expect(over).toMatchObject({ status: 'overpaid', unallocated: '50' });
    const lost = await client.post<{ id: string }>('/v1/payments', { amount: '10.00', currency: 'SEK', reference: '123', payer: 'A Berg' });
    expect(lost).toMatchObject({ status: 'unmatched' });
    await eventually(async () => (await client.post<{ status: string }>(`/v1/payments/${lost.id}/assign`, { customer_id: anna })).status, (status) => status === 'partial');
    expect(await openOf(anna)).toEqual(['37.5']);

    const giro = bgmax('5805-6201', [{ amount: '7.50', reference: own?.reference ?? '', payer: 'Anna Berg', day: '2026-02-10' }], '2026-02-10T180000');
    const importBank = (type: string, text: string) => client.post('/v1/payments/import', new RawBody(type, Buffer.from(text, 'latin1')), { query: { name: 'bank' } });
    expect(await importBank('text/plain', giro)).toMatchObject({ format: 'bgmax', payments: 1, matched: 1, total: '7.5' });
    expect(await importBank('text/plain', giro)).toMatchObject({ repeated: 1 });
    expect(await openOf(anna)).toEqual(['30']);
    const camt = camt054('NL91ABNA0417164300', 'EUR', [{ amount: '7.50', reference: foreign?.reference ?? '', payer: 'Sanne', day: '2026-02-10' }], 'MSG1');
    expect(await importBank('application/xml', camt)).toMatchObject({ format: 'camt.054', payments: 1, matched: 1 });
    expect([await openOf(sanne), (await accountOf(bergs)).credit]).toEqual([[], '50']);
  });

  it('credits a line, and takes back the partner\'s share of it', async () => {
    const [company] = await invoicesOf({ customer_id: bergs });
    const note = await client.post<Invoice>(`/v1/invoices/${company?.id}/credit-notes`, { reason: 'Out of order', lines: [{ number: 1, net: '50.00' }] });
    expect(note).toMatchObject({ kind: 'credit_note', number: 'SE2026-000003', net: '-50.00', total: '-62.50' });
    const account = await eventually(
      () => client.get<{ account: { balance: string }; lines: readonly { amount: string; kind: string }[] }>(`/v1/partners/${partner}/account`),
      ({ lines }) => lines.length === 2,
    );
    expect([account.account.balance, account.lines.map(({ amount }) => amount).sort()]).toEqual(['15', ['-5', '20']]);
    expect(await client.get(`/v1/invoices/${company?.id}`)).toEqual(expect.objectContaining({ total: '250.00', number: company?.number }));
  });

  it('puts late usage on the next invoice as an adjustment, at the price of its own time', async () => {
    const late = usageEvent(charger, '3', '2026-01-31T10:00:00Z', 'energy_kwh', '2');
    const fresh = usageEvent(charger, '4', '2026-02-01T05:00:00Z', 'energy_kwh', '1');
    await settledReceipt(await send(json([late, fresh])));
    await advance('2026-03-01T06:00:00Z');
    expect(await bill(swedish.entity, '2026-03-01T00:00:00+01:00')).toMatchObject({ status: 'done', failures: [], invoices: 1 });
    const next = (await invoicesOf({ customer_id: anna })).at(-1);
    const { lines } = await client.get<Invoice>(`/v1/invoices/${next?.id}`);
    expect(lines.map(({ net, adjustment }) => [plain(net), adjustment]).sort()).toEqual([['3', false], ['4', true]]);
    const numbers = (await invoicesOf({ billing_entity_id: swedish.entity })).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_number, i) => `SE2026-${String(i + 1).padStart(6, '0')}`));
  });

  it('reminds with a fee, blocks, and opens again within a second of the payment', async () => {
    await advance('2026-03-08T08:00:00Z');
    await eventually(() => entitlement(charger), ({ entitled }) => !entitled);
    const [blocked] = await eventually(async () => listener.of('device.blocked'), (some) => some.length > 0);
    expect(blocked?.data).toMatchObject({ device: charger, customer_id: anna });
    const [overdue] = (await accountOf(anna)).open_items;
    expect(overdue?.open).toBe('90');
    const paid = performance.now();
    await client.post('/v1/payments', { amount: '90.00', currency: 'SEK', reference: overdue?.reference });
    await eventually(() => entitlement(charger), ({ entitled }) => entitled, 5_000);
    expect(performance.now() - paid).toBeLessThan(1_000);
    await eventually(async () => listener.of('device.unblocked').length, (some) => some === 1);
    expect([listener.refused, listener.of('invoice.issued').length]).toEqual([[], 4]);
  });

  it('states the partner\'s month as JSON, CSV and PDF', async () => {
    await advance('2026-04-02T06:00:00Z');
    const { items } = await client.get<Page<{ id: string; month: string }>>('/v1/statements', { partner_id: partner });
    expect(items).toHaveLength(1);
    const path = `/v1/statements/${items[0]?.id}`;
    expect(await client.get(path)).toMatchObject({ month: '2026-02', earned: '20.00', clawed_back: '5.00', closing: '15.00', lines: [{ device: depot, base: '200', percentage: '10' }, {}] });
    const csv = await download(path, 'text/csv');
    expect(csv.trim().split(/\r?\n/)).toHaveLength(3);
    expect(await download(`${path}/pdf`, 'application/pdf')).toMatch(/^%PDF-/);
  });

  it('proves itself, and finds everything as it was when it starts again', async () => {
    const seen = async () => {
      const paths = ['invoices', 'receipts', 'quarantine', 'payments', 'statements', 'devices', 'device-accounts', 'customers', 'bill-runs', 'meters', 'price-lists', 'trial-balance', 'clock', 'webhook-deliveries'];
      const answers = await Promise.all(paths.map((path) => client.get<object>(`/v1/${path}`)));
      const proof = await proveAll(client);
      return { ...Object.fromEntries(paths.map((path, i) => [path, answers[i]])), accounts: await Promise.all([anna, bergs, sanne].map((id) => client.get(`/v1/customers/${id}/statement`))), proof };
    };
    const before = await seen();
    expect(before.proof).toMatchObject({ chainFaults: [], pageFaults: [] });
    expect([...(await trialSums(client))]).toEqual([['EUR', 0n], ['SEK', 0n]]);
    expect(await platform.stop()).toMatchObject({ code: 0, complaints: '' });
    platform = await startForTest(folder.path);
    client = platform.clientFor(apiKey);
    expect(await seen()).toEqual(before);
  });
});
