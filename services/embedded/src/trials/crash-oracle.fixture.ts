import { expect } from '@jest/globals';
import type { ApiClient } from '@tollkeeper/api-client';
import { type CrashLoad, identity, type SentEvent } from './crash-load.fixture.js';
import { eventually } from './eventually.fixture.js';
import { exact, proveAll, trialSums } from './proofs.fixture.js';

interface Receipt {
  readonly id: string;
  readonly status: string;
  readonly quarantined: number;
}
interface Line {
  readonly number: number;
  readonly device?: string;
  readonly meter?: string;
  readonly fee?: string;
  readonly period_start?: string;
  readonly net: string;
  readonly exact: string;
}
interface Invoice {
  readonly id: string;
  readonly kind: string;
  readonly number: string;
  readonly customer_id: string;
  readonly lines: readonly Line[];
  readonly vat: readonly { readonly rate: string; readonly net: string; readonly vat: string }[];
  readonly net: string;
  readonly tax: string;
  readonly rounding?: string;
  readonly total: string;
}
interface Entry {
  readonly n: number;
  readonly kind: string;
  readonly events: number;
  readonly body?: { readonly events?: readonly { readonly id: string; readonly source: string }[] };
  readonly charges: readonly { readonly amount: string }[];
}

const unit = 10n ** 12n;
const cent = unit / 100n;

/** The prices of the trial, as the price list has them; here once more, in plain integers. */
const tierEnd = 100n * unit;
const [firstTier, secondTier, perSms] = [250n, 175n, 30n] as const;

/** What the events of one device cost in all, counted month by month: 2.50 up to 100 kWh and 1.75 above, 0.30 per message. */
function oracleCharge(events: Iterable<SentEvent>): bigint {
  const energy = new Map<string, bigint>();
  let messages = 0n;
  for (const { meter, time, quantity } of events) {
    if (meter === 'sms') messages++;
    else energy.set(time.slice(0, 7), (energy.get(time.slice(0, 7)) ?? 0n) + exact(quantity));
  }
  let hundredths = messages * perSms * unit;
  for (const kwh of energy.values()) hundredths += kwh <= tierEnd ? kwh * firstTier : tierEnd * firstTier + (kwh - tierEnd) * secondTier;
  return hundredths / 100n;
}

async function all<T>(client: ApiClient, path: string, query: Readonly<Record<string, string | boolean>> = {}): Promise<readonly T[]> {
  const items: T[] = [];
  for await (const item of client.list<T>(path, query)) items.push(item);
  return items;
}

/** Cheap enough for every restart: promises are kept, money balances, numbers have no gap and no twin (G5, G8). */
export async function checkPromises(client: ApiClient, load: CrashLoad): Promise<void> {
  for (const [, sum] of await trialSums(client)) expect(sum).toBe(0n);
  const last = <T>(list: readonly T[]) => list.slice(-3);
  for (const { answer } of last(load.answered.pay)) expect(await client.get(`/v1/payments/${answer.id}`)).toMatchObject({ id: answer.id, amount: answer['amount'] });
  for (const { answer } of last(load.answered.bill)) expect(await client.get(`/v1/bill-runs/${answer.id}`)).toMatchObject({ id: answer.id });
  for (const { answer } of last(load.answered.credit)) expect(await client.get(`/v1/invoices/${answer.id}`)).toMatchObject({ number: answer['number'], total: answer['total'] });
  await eventually(() => all<Invoice>(client, '/v1/invoices'), (invoices) => isGapless(invoices.map(({ number }) => number)));
}

/** G8: 1 to n, each once. */
function isGapless(numbers: readonly string[]): boolean {
  const places = numbers.map((number) => Number(number.split('-')[1])).sort((a, b) => a - b);
  return places.every((place, i) => place === i + 1);
}

/** G1, G3 and G4: every event is booked once or stands in the quarantine, and the day's sums say the same. */
export async function checkIntake(client: ApiClient, load: CrashLoad): Promise<number> {
  interface Day { readonly received: number; readonly booked: number; readonly duplicate: number; readonly quarantined: number; readonly unsettled: number }
  const range = { from: '2026-02-01', to: '2026-12-31' };
  const { items: days } = await eventually(
    () => client.get<{ items: readonly Day[] }>('/v1/usage/days', range),
    ({ items }) => items.every(({ unsettled }) => unsettled === 0),
  );
  const sum = (name: keyof Day) => days.reduce((total, day) => total + day[name], 0);
  for (const day of days) expect(day.booked + day.duplicate + day.quarantined).toBe(day.received);
  expect(sum('booked')).toBe(load.good.size);
  expect(sum('received')).toBeGreaterThanOrEqual(load.received);
  const receipts = new Map((await all<Receipt>(client, '/v1/receipts')).map((receipt) => [receipt.id, receipt]));
  for (const id of load.receipts) expect([id, receipts.get(id)?.status]).toEqual([id, 'settled']);
  const aside = await all<{ id: string; receipt_id: string; reason: string; event?: { id: string; source: string } }>(client, '/v1/quarantine');
  const byReceipt = Map.groupBy(aside, ({ receipt_id }) => receipt_id);
  for (const [id, items] of byReceipt) expect([id, items.length, items]).toEqual([id, receipts.get(id)?.quarantined, items]);
  const set = new Set(aside.map(({ event }) => (event ? identity(event) : '')));
  expect(load.bad.filter((event) => !set.has(identity(event)))).toEqual([]);
  expect(aside).toHaveLength(sum('quarantined'));
  return sum('received');
}

/** G2, G6 and G7 for one device: what its pages hold is what was sent; what was charged is on invoices or still held. */
export async function checkDevice(client: ApiClient, load: CrashLoad, device: string, invoices: readonly Invoice[]): Promise<void> {
  const sent = [...load.good.values()].filter((event) => event.device === device);
  const path = `/v1/devices/${encodeURIComponent(device)}/account`;
  const entries = await all<Entry>(client, `${path}/entries`, { with_body: true });
  const pages = entries.filter(({ events }) => events > 0);
  const booked = pages.flatMap(({ body }) => body?.events ?? []).map(identity).sort();
  expect(booked).toEqual(sent.map(identity).sort());
  const charged = pages.flatMap(({ charges }) => charges).reduce((total, { amount }) => total + exact(amount), 0n);
  expect(charged).toBe(oracleCharge(sent));
  const account = await client.get<{ balance: string }>(path);
  const invoiced = invoices
    .filter(({ kind }) => kind === 'invoice')
    .flatMap(({ lines }) => lines)
    .filter((line) => line.device === device && (line.fee ?? '') === '')
    .reduce((total, line) => total + exact(line.exact), 0n);
  expect([device, invoiced + exact(account.balance)]).toEqual([device, charged]);
}

/** G7 and fees: an invoice is the sum of its lines, tax once per rate, and no period's fee is charged twice. */
export function checkInvoices(invoices: readonly Invoice[]): void {
  expect(isGapless(invoices.map(({ number }) => number))).toBe(true);
  const fees = invoices
    .filter(({ kind }) => kind === 'invoice')
    .flatMap(({ lines, customer_id }) => lines.filter(({ fee }) => fee).map(({ fee, period_start }) => `${customer_id} ${fee} ${period_start}`));
  expect(new Set(fees).size).toBe(fees.length);
  for (const { number, lines, vat, net, tax, rounding, total } of invoices) {
    const sum = lines.reduce((all_, line) => all_ + exact(line.net), 0n);
    const taxed = vat.reduce((all_, one) => all_ + roundedPercent(exact(one.net), exact(one.rate)), 0n);
    expect([number, exact(net), exact(tax), exact(total)]).toEqual([number, sum, taxed, sum + taxed + exact(rounding ?? '0')]);
    for (const line of lines) expect([number, line.number, abs(exact(line.net) - exact(line.exact)) * 2n <= cent]).toEqual([number, line.number, true]);
  }
}

/** Half up, away from zero, to whole cents. */
function roundedPercent(net: bigint, rate: bigint): bigint {
  const raw = abs(net) * rate;
  const perCent = cent * 100n * unit;
  const cents = (raw * 2n + perCent) / (perCent * 2n);
  return (net < 0n ? -cents : cents) * cent;
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** G5 and receivables: the ledger says what invoices, credit notes and payments say, each once. */
export async function checkLedger(client: ApiClient, load: CrashLoad, invoices: readonly Invoice[]): Promise<void> {
  const sums = (pick: (invoice: Invoice) => string | undefined) => invoices.reduce((total, invoice) => total + exact(pick(invoice)), 0n);
  const payments = await all<{ id: string; amount: string }>(client, '/v1/payments');
  expect(payments.map(({ id }) => id).sort()).toEqual(load.answered.pay.map(({ answer }) => answer.id).sort());
  const notes = invoices.filter(({ kind }) => kind === 'credit_note').map(({ id }) => id);
  expect(notes.sort()).toEqual(load.answered.credit.map(({ answer }) => answer.id).sort());
  const bank = payments.reduce((total, { amount }) => total + exact(amount), 0n);
  const expected = { bank, revenue: -sums(({ net }) => net), vat: -sums(({ tax }) => tax) };
  const ledger = async () => {
    const { items } = await client.get<{ items: readonly { account: string; balance: string }[] }>('/v1/trial-balance');
    return Object.fromEntries(Object.keys(expected).map((account) => [account, exact(items.find((item) => item.account === account)?.balance)]));
  };
  await eventually(ledger, (found) => Object.entries(expected).every(([account, balance]) => found[account] === balance)).catch(async () => expect(await ledger()).toEqual(expected));
  for (const [, sum] of await trialSums(client)) expect(sum).toBe(0n);
}

export async function readInvoices(client: ApiClient): Promise<readonly Invoice[]> {
  const heads = await all<Invoice>(client, '/v1/invoices');
  return Promise.all(heads.map(({ id }) => client.get<Invoice>(`/v1/invoices/${id}`)));
}

/** G6 and G12: the chains are whole, and the pages priced again give the same bytes. */
export async function checkProof(client: ApiClient): Promise<void> {
  expect(await proveAll(client)).toMatchObject({ chainFaults: [], pageFaults: [] });
}
