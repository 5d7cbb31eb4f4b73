import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordedPlatform } from '../recorded-platform.fixture.js';

const platform = await RecordedPlatform.open();
afterAll(() => platform.close());
beforeEach(() => {
  platform.asked.length = 0;
});

const id = (prefix: string, n = 1) => `${prefix}_${String(n).padStart(26, '0')}`;
const pdf = Buffer.from('%PDF-1.7 …');
const asPdf = (name: string) => (_asked: unknown, response: { setHeader(name: string, value: string): unknown }) => {
  response.setHeader('content-type', 'application/pdf');
  response.setHeader('content-disposition', `inline; filename="${name}"`);
  return pdf;
};
const lastBody = () => JSON.parse(platform.asked.at(-1)?.body.toString() ?? '') as object;

describe('payments', () => {
  const payment = {
    id: id('pay'),
    amount: '1300.00',
    currency: 'SEK',
    status: 'overpaid',
    unallocated: '50.00',
    allocations: [{ number: 'SE-7', amount: '1250.00' }],
  };

  it('are booked, and say what they paid and what is left', async () => {
    platform.on('POST /v1/payments', payment);
    const { out } = await platform.run([
      'payment',
      'add',
      '--amount',
      '1300.00',
      '--currency',
      'sek',
      '--reference',
      '10042017',
      '--received',
      '2026-02-15',
    ]);
    expect(lastBody()).toEqual({ amount: '1300.00', currency: 'SEK', reference: '10042017', received_at: '2026-02-15T00:00:00Z' });
    expect(out).toBe(
      `Payment ${payment.id} of 1,300.00 SEK: overpaid.\n  1,250.00 SEK paid invoice SE-7.\n  50.00 SEK is credit of the customer.\n`,
    );
  });

  it('come from a file of the bank, byte by byte as it is', async () => {
    platform.on('POST /v1/payments/import', {
      format: 'bgmax',
      payments: 2,
      matched: 1,
      unmatched: 1,
      repeated: 1,
      skipped: 0,
      total: '1310.00',
      currency: 'SEK',
      items: [payment],
    });
    const content = Buffer.from('01BGMAX Göteborg', 'latin1');
    const { out } = await platform.run(['payment', 'import', await platform.file('bg.txt', content)]);
    expect(platform.asked[0]).toMatchObject({ query: { name: 'bg.txt' }, body: content });
    expect(out).toContain('bgmax: 2 payments, 1,310.00 SEK: 1 matched, 1 unmatched, 1 known already.\n');
    expect(await platform.run(['payment', 'import', await platform.file('none.txt', '')])).toMatchObject({
      code: 1,
      err: expect.stringContaining('camt.053'),
    });
  });

  it('that match nothing are given to an invoice by its number', async () => {
    platform.on('GET /v1/invoices', { items: [{ id: id('inv'), number: 'SE-7' }] });
    platform.on(`POST /v1/payments/${payment.id}/assign`, payment);
    await platform.run(['payment', 'assign', payment.id, '--invoice', 'SE-7']);
    expect(lastBody()).toEqual({ invoice_id: id('inv') });
    expect(await platform.run(['payment', 'assign', payment.id])).toMatchObject({ code: 2 });
  });
});

describe('invoices', () => {
  it('are written as PDF under their own name, in this folder, or where it is said', async () => {
    platform.on(`GET /v1/invoices/${id('inv')}/pdf`, asPdf('../SE-7.pdf'));
    expect((await platform.run(['invoice', 'pdf', id('inv')])).out).toBe(`Wrote ${join(platform.folder, 'SE-7.pdf')}\n`);
    expect(await readFile(join(platform.folder, 'SE-7.pdf'))).toEqual(pdf);
    expect((await platform.run(['invoice', 'pdf', id('inv'), '--out', '-'])).out).toBe(pdf.toString('latin1'));
    expect(await platform.run(['invoice', 'pdf', id('inv'), '--out', '-'], { columns: 80 })).toMatchObject({ code: 2 });
    expect(await platform.run(['invoice', 'pdf', id('inv'), '--out', 'no/such/folder.pdf'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('could not be written'),
    });
  });

  it('are credited in whole or by line', async () => {
    platform.on(`POST /v1/invoices/${id('inv')}/credit-notes`, {
      id: id('crn'),
      number: 'SE-8',
      total: '-31.25',
      currency: 'SEK',
      corrects_number: 'SE-7',
    });
    const { out } = await platform.run(['invoice', 'credit', id('inv'), '--reason', 'Twice', '--line', '1', '--line', '3=25.00']);
    expect(lastBody()).toEqual({ reason: 'Twice', lines: [{ number: 1 }, { number: 3, net: '25.00' }] });
    expect(out).toBe('Credit note SE-8 of -31.25 SEK for invoice SE-7.\n');
    expect(await platform.run(['invoice', 'credit', id('inv')])).toMatchObject({ code: 2, err: expect.stringContaining('--reason') });
  });
});

describe('statements', () => {
  it('of a customer hold all pages and what is open', async () => {
    const account = {
      customer_id: id('cus'),
      currency: 'SEK',
      balance: '1310.00',
      overdue: '60.00',
      open_items: [{ number: 'SE-7', due_date: '2026-02-15', open: '1310.00', step: 1 }],
      blocked: true,
    };
    platform.on(`GET /v1/customers/${id('cus')}/statement`, ({ query }) => ({
      account,
      lines: [
        {
          date: '2026-02-01',
          kind: query['cursor'] ? 'fee' : 'invoiced',
          text: 'Invoice SE-7',
          amount: '1250.00',
          balance: '1250.00',
          postings: [],
        },
      ],
      ...(query['cursor'] ? {} : { next_cursor: 'b' }),
    }));
    const { out } = await platform.run(['customer', 'statement', id('cus')]);
    expect(out).toMatch(/blocked +yes, for want of payment\n[^]*SE-7[^]*1,310\.00 SEK\n[^]*invoiced[^]*fee/);
    expect(JSON.parse((await platform.run(['customer', 'statement', id('cus'), '--json'])).out)).toMatchObject({
      account,
      lines: [{}, {}],
    });
  });

  it('of a partner are those of the month, or the latest', async () => {
    const months = ['2026-03', '2026-02', '2026-04'].map((month, n) => ({
      id: id('sta', n),
      month,
      currency: 'SEK',
      earned: '0',
      lines: [],
    }));
    platform.on('GET /v1/partners', { items: [{ id: id('par'), name: 'Solna Parkering AB' }] });
    platform.on('GET /v1/statements', { items: months });
    for (const one of months) platform.on(`GET /v1/statements/${one.id}`, one);
    expect((await platform.run(['partner', 'statement'])).out).toContain('Statement of 2026-04');
    expect((await platform.run(['partner', 'statement', 'solna parkering ab', '--month', '2026-02'])).out).toContain(
      'Statement of 2026-02',
    );
    expect(await platform.run(['partner', 'statement', '--month', '2025-01'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('no statement of 2025-01'),
    });
    expect(await platform.run(['partner', 'statement', '--month', 'May'])).toMatchObject({ code: 2 });
    expect(await platform.run(['partner', 'statement', '--out', 'x'])).toMatchObject({ code: 2 });
    platform.on(`GET /v1/statements/${id('sta', 0)}/pdf`, asPdf('statement.pdf'));
    await platform.run(['partner', 'statement', id('sta', 0), '--pdf', '--out', 'st.pdf']);
    expect(await readFile(join(platform.folder, 'st.pdf'))).toEqual(pdf);
  });
});

describe('devices and webhooks', () => {
  it('show the account of a device, whose reference has characters of its own', async () => {
    const usage = [
      {
        meter: 'energy',
        unit: 'kWh',
        quantity: '1234.5',
        events: 31,
        amount: '3950.4',
        period_start: '2026-02-28T23:00:00.000Z',
        period_end: '2026-03-31T22:00:00.000Z',
      },
    ];
    platform.on('GET /v1/devices/SE*1 a/account', {
      device: 'SE*1 a',
      status: 'active',
      balance: '3950.4',
      currency: 'SEK',
      entries: 2,
      pages: 1,
      usage,
    });
    expect((await platform.run(['device', 'account', 'SE*1 a'])).out).toContain(
      'energy  2026-03-01 – 2026-03-31      31  1,234.5 kWh  3,950.40 SEK\n',
    );
  });

  it('tell whether it may be used', async () => {
    platform.on('GET /v1/devices/SE*1/entitlement', { device: 'SE*1', entitled: false, reason: 'unpaid', since: '2026-03-07T00:00:00Z' });
    expect((await platform.run(['device', 'entitlement', 'SE*1'])).out).toBe('SE*1 is blocked since 2026-03-07 00:00 UTC: unpaid.\n');
  });

  it('show the secret of a webhook once', async () => {
    platform.on('POST /v1/webhooks', { id: id('whk'), secret: 'whsec_abc', events: [] });
    const { out } = await platform.run(['webhook', 'add', 'https://hooks.example/x', '--event', 'invoice.issued']);
    expect(lastBody()).toEqual({ url: 'https://hooks.example/x', events: ['invoice.issued'] });
    expect(out).toContain('Secret: whsec_abc\n');
  });
});
