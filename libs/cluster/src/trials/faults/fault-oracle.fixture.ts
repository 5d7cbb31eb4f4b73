import { expect } from '@jest/globals';
import type { ApiClient } from '@tollkeeper/api-client';
import { patiently } from '@tollkeeper/testing';
import type { Shop } from '../small-shop.fixture.js';
import { type FaultLoad, identity, type SentEvent } from './fault-load.fixture.js';

interface Line {
  readonly device?: string;
  readonly fee?: string;
  readonly net: string;
  readonly exact: string;
}
interface Invoice {
  readonly id: string;
  readonly number: string;
  readonly lines: readonly Line[];
  readonly net: string;
  readonly tax: string;
  readonly rounding?: string;
  readonly total: string;
}
interface Entry {
  readonly events: number;
  readonly body?: { readonly events?: readonly { readonly id: string; readonly source: string }[] };
  readonly charges: readonly { readonly amount: string }[];
}
interface Day {
  readonly received: number;
  readonly booked: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly unsettled: number;
}

/** What a fault did to the events; lost and double are counted from the pages of the accounts, against what was sent. */
export interface Figures {
  readonly accepted: number;
  readonly received: number;
  readonly booked: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly lost: number;
  readonly double: number;
  readonly invoices: number;
}

/** After a fault a whole backlog may have to be delivered again and booked by a slow store. */
const patience = { timeoutMs: 60_000, pollMs: 100 };
const unit = 10n ** 12n;
/** Here once more in plain integers, hundredths of the currency: 2.50 up to 100 kWh of a month, 1.75 above. */
const tierEnd = 100n * unit;
const [firstTier, secondTier] = [250n, 175n] as const;
export const graduatedPrice = { model: 'graduated', tiers: [{ up_to: '100', unit_price: '2.50' }, { unit_price: '1.75' }] };

/** A decimal as a count of 10⁻¹²: exact, and not computed by the code under test. */
function exact(decimal: string | undefined): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal ?? '0') ?? [];
  const value = BigInt(whole) * unit + BigInt(fraction.padEnd(12, '0'));
  return sign === '-' ? -value : value;
}

const sum = <T>(items: readonly T[], of: (item: T) => string | undefined): bigint => items.reduce((total, item) => total + exact(of(item)), 0n);

async function all<T>(client: ApiClient, path: string, query: Readonly<Record<string, string | boolean>> = {}): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of client.list<T>(path, query)) items.push(item);
  return items;
}

function costOf(events: readonly SentEvent[]): bigint {
  const months = new Map<string, bigint>();
  for (const { time, quantity } of events) {
    // The month in Stockholm, an hour ahead of UTC in winter.
    const month = new Date(Date.parse(time) + 3_600_000).toISOString().slice(0, 7);
    months.set(month, (months.get(month) ?? 0n) + exact(quantity));
  }
  let hundredths = 0n;
  for (const kwh of months.values()) hundredths += kwh <= tierEnd ? kwh * firstTier : tierEnd * firstTier + (kwh - tierEnd) * secondTier;
  return hundredths / 100n;
}

/** G13: everything that was received has an outcome, and the receipts that were given out say so. */
export async function drained({ client }: Shop, load: FaultLoad): Promise<readonly Day[]> {
  const days = () => client.get<{ readonly items: readonly Day[] }>('/v1/usage/days', { from: '2026-01-01', to: '2026-12-31' });
  const settled = await patiently(async () => {
    const { items } = await days();
    const received = items.reduce((total, day) => total + day.received, 0);
    if (received >= load.accepted && items.every(({ unsettled }) => unsettled === 0)) return items;
    throw new Error(`not drained: ${load.accepted} events were accepted, and the days say ${JSON.stringify(items)}`);
  }, patience);
  await patiently(async () => {
    const receipts = new Map((await all<{ readonly id: string; readonly status: string }>(client, '/v1/receipts')).map(({ id, status }) => [id, status]));
    const open = [...load.receipts].filter((id) => receipts.get(id) !== 'settled');
    if (open.length === 0) return true;
    throw new Error(`receipts were given out and are not settled: ${open.map((id) => `${id} ${receipts.get(id)}`).join(', ')}`);
  }, patience);
  return settled;
}

/** All of the books against what was sent. @throws Error that names the first promise that is broken */
export async function audit(shop: Shop, load: FaultLoad, days: readonly Day[], devices: readonly string[]): Promise<Figures> {
  const { client } = shop;
  const total = (name: keyof Day) => days.reduce((all_, day) => all_ + day[name], 0);
  for (const day of days) expect(day.booked + day.duplicate + day.quarantined).toBe(day.received);
  await checkQuarantine(client, load, total('quarantined'));
  const invoices = await checkMoney(client, load, devices);
  let [lost, double] = [0, 0];
  for (const device of devices) {
    const sent = [...load.good.values()].filter((event) => event.device === device);
    const pages = (await all<Entry>(client, `/v1/devices/${device}/account/entries`, { with_body: true })).filter(({ events }) => events > 0);
    const booked = pages.flatMap(({ body }) => body?.events ?? []).map(({ id, source }) => `${source} ${id}`);
    const once = new Set(booked);
    lost += sent.filter((event) => !once.has(identity(event))).length;
    double += booked.length - once.size;
    expect([...once].filter((one) => !load.good.has(one))).toEqual([]);
    expect([device, sum(pages.flatMap(({ charges }) => charges), ({ amount }) => amount)]).toEqual([device, costOf(sent)]);
  }
  expect({ lost, double, booked: total('booked') }).toEqual({ lost: 0, double: 0, booked: load.good.size });
  await checkProof(client);
  const { received, booked, duplicate, quarantined } = { received: total('received'), booked: total('booked'), duplicate: total('duplicate'), quarantined: total('quarantined') };
  return { accepted: load.accepted, received, booked, duplicate, quarantined, lost, double, invoices: invoices.length };
}

/** G3: what cannot be billed stands in the quarantine, and nothing else does. */
async function checkQuarantine(client: ApiClient, load: FaultLoad, count: number): Promise<void> {
  const items = await patiently(async () => {
    const found = await all<{ readonly event?: { readonly id: string; readonly source: string } }>(client, '/v1/quarantine');
    return found.length >= count && found;
  }, { ...patience, otherwise: `the quarantine did not come to hold ${count}` });
  expect(items).toHaveLength(count);
  const aside = new Set(items.map(({ event }) => `${event?.source} ${event?.id}`));
  const bad = new Set(load.bad.map(identity));
  expect([...bad].filter((one) => !aside.has(one))).toEqual([]);
  expect([...aside].filter((one) => !bad.has(one))).toEqual([]);
}

/** G5 to G8: what was charged is invoiced or held, the ledger says what invoices and payments say, and numbers have no gap. */
async function checkMoney(client: ApiClient, load: FaultLoad, devices: readonly string[]): Promise<readonly Invoice[]> {
  const invoices = await patiently(async () => {
    const heads = await all<Invoice>(client, '/v1/invoices');
    const found = await Promise.all(heads.map(({ id }) => client.get<Invoice>(`/v1/invoices/${id}`)));
    const { items: runs } = await client.get<{ readonly items: readonly { readonly status: string }[] }>('/v1/bill-runs', { limit: 100 });
    expect(runs.filter(({ status }) => status === 'running')).toEqual([]);
    for (const device of devices) {
      const { balance } = await client.get<{ readonly balance: string }>(`/v1/devices/${device}/account`);
      const lines = found.flatMap((invoice) => invoice.lines).filter((line) => line.device === device && (line.fee ?? '') === '');
      const sent = [...load.good.values()].filter((event) => event.device === device);
      expect([device, sum(lines, (line) => line.exact) + exact(balance)]).toEqual([device, costOf(sent)]);
    }
    await checkLedger(client, load, found);
    return found;
  }, { ...patience, pollMs: 500 });
  const places = invoices.map(({ number }) => Number(number.split('-')[1])).sort((a, b) => a - b);
  expect(places).toEqual(places.map((_, i) => i + 1));
  for (const { number, lines, net, tax, rounding, total } of invoices) {
    expect([number, exact(net), exact(total)]).toEqual([number, sum(lines, (line) => line.net), exact(net) + exact(tax) + exact(rounding)]);
  }
  return invoices;
}

async function checkLedger(client: ApiClient, load: FaultLoad, invoices: readonly Invoice[]): Promise<void> {
  const payments = await all<{ readonly id: string; readonly amount: string }>(client, '/v1/payments');
  expect(payments.map(({ id }) => id).sort()).toEqual([...load.payments].sort());
  const { items } = await client.get<{ readonly items: readonly { readonly account: string; readonly balance: string }[] }>('/v1/trial-balance');
  expect(sum(items, ({ balance }) => balance)).toBe(0n);
  const balance = (account: string) => exact(items.find((item) => item.account === account)?.balance);
  const wanted = { bank: sum(payments, ({ amount }) => amount), revenue: -sum(invoices, ({ net }) => net), vat: -sum(invoices, ({ tax }) => tax) };
  expect({ bank: balance('bank'), revenue: balance('revenue'), vat: balance('vat') }).toEqual(wanted);
}

/** G6 and G12: the chains are whole, and the pages priced again give the same bytes. */
async function checkProof(client: ApiClient): Promise<void> {
  for (const path of ['/v1/chains/verify', '/v1/rerating/verify']) {
    let cursor: string | undefined;
    do {
      const page = await client.get<{ readonly faults: readonly object[]; readonly next_cursor?: string }>(path, { limit: 100, cursor });
      expect([path, page.faults]).toEqual([path, []]);
      cursor = page.next_cursor;
    } while (cursor !== undefined && cursor !== '');
  }
}
