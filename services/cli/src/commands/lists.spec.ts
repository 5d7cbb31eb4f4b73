import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordedPlatform } from '../recorded-platform.fixture.js';

const platform = await RecordedPlatform.open();
afterAll(() => platform.close());
beforeEach(() => {
  platform.asked.length = 0;
});

const invoice = (n: number, over: object = {}) => ({
  id: `inv_${String(n).padStart(26, '0')}`,
  kind: 'invoice',
  number: `SE-${n}`,
  issue_date: '2026-02-01',
  due_date: '2026-02-15',
  customer_id: 'cus_1',
  buyer: { name: 'Bergs Åkeri AB' },
  currency: 'SEK',
  net: `${n * 1000}.00`,
  tax: `${n * 250}.00`,
  total: `${n * 1250}.00`,
  lines: [],
  vat: [],
  ...over,
});

const pages =
  (count: number, make: (n: number) => object) =>
  ({ query }: { readonly query: Readonly<Record<string, string>> }) => {
    const from = Number(query['cursor'] ?? 0);
    const limit = Number(query['limit']);
    const items = Array.from({ length: Math.max(0, Math.min(limit, count - from)) }, (_, i) => make(from + i + 1));
    return { items, ...(from + items.length < count ? { next_cursor: String(from + items.length) } : {}) };
  };

describe('a list', () => {
  it('is a table with amounts to the right', async () => {
    platform.on('GET /v1/invoices', { items: [invoice(1), invoice(12)] });
    expect((await platform.run(['invoice', 'list'])).out).toBe(
      [
        'NUMBER  KIND     ISSUED      DUE         CUSTOMER                  NET           VAT          TOTAL  ID',
        'SE-1    invoice  2026-02-01  2026-02-15  Bergs Åkeri AB   1,000.00 SEK    250.00 SEK   1,250.00 SEK  inv_00000000000000000000000001',
        'SE-12   invoice  2026-02-01  2026-02-15  Bergs Åkeri AB  12,000.00 SEK  3,000.00 SEK  15,000.00 SEK  inv_00000000000000000000000012',
        '',
      ].join('\n'),
    );
  });

  it('says so when it is empty', async () => {
    platform.on('GET /v1/invoices', { items: [] });
    expect((await platform.run(['invoice', 'list'])).out).toBe('No invoices yet.\n');
    expect((await platform.run(['invoice', 'list', '--json'])).out).toBe('[]\n');
  });

  it('for programs is a JSON array over all pages, wherever --json stands', async () => {
    platform.on('GET /v1/invoices', pages(230, invoice));
    const numbers = (text: string) => (JSON.parse(text) as { readonly number: string }[]).map(({ number }) => number);
    expect(numbers((await platform.run(['--json', 'invoice', 'list'])).out)).toHaveLength(230);
    expect(platform.asked).toHaveLength(3);
    expect(numbers((await platform.run(['invoice', 'list', '--limit', '2', '--json'])).out)).toEqual(['SE-1', 'SE-2']);
  });

  it('for people shows a hundred, and says that there is more', async () => {
    platform.on('GET /v1/invoices', pages(230, invoice));
    const { out, err } = await platform.run(['invoice', 'list']);
    expect([out.trimEnd().split('\n').length, err]).toEqual([101, expect.stringContaining('--limit N')]);
    expect((await platform.run(['invoice', 'list', '--limit', '5'])).err).toBe('');
  });

  it('fits the terminal, takes no colour when asked, and lets nobody steer it', async () => {
    platform.on('GET /v1/customers', {
      items: [{ id: 'cus_1', kind: 'company', name: `Evil\u001b[31m ${'x'.repeat(80)}`, departments: [] }],
    });
    const { out } = await platform.run(['customer', 'list'], {
      columns: 60,
      env: { TOLLKEEPER_URL: platform.url, TOLLKEEPER_API_KEY: 'tk_1', NO_COLOR: '1' },
    });
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
    expect(out).not.toContain('\u001b');
    expect(out).toContain('…');
    expect((await platform.run(['customer', 'list'], { columns: 60 })).out).toContain('\u001b[1m');
  });
});

describe('a thing called by name', () => {
  it('is found by the number of an invoice', async () => {
    platform.on('GET /v1/invoices', { items: [invoice(7)] });
    platform.on(
      `GET /v1/invoices/${invoice(7).id}`,
      invoice(7, { vat: [{ rate: '25', net: '7000.00', vat: '1750.00', note: 'Omvänd betalningsskyldighet' }] }),
    );
    const { out } = await platform.run(['invoice', 'show', 'SE-7']);
    expect(platform.asked[0]?.query).toMatchObject({ number: 'SE-7' });
    expect(out).toMatch(/Invoice SE-7\n[^]*VAT 25 % of 7,000\.00 SEK +1,750\.00 SEK\ntotal +8,750\.00 SEK\nOmvänd/);
  });

  it('is found by the reference or the exact name of a customer', async () => {
    platform.on('GET /v1/customers', ({ query }) => {
      const all = [
        { id: 'cus_a', reference: '10042', name: 'Bergs' },
        { id: 'cus_b', name: 'Anna' },
        { id: 'cus_c', name: 'anna' },
      ];
      return { items: query['reference'] === undefined ? all : all.filter(({ reference }) => reference === query['reference']) };
    });
    platform.on('GET /v1/invoices', { items: [] });
    await platform.run(['invoice', 'list', '--customer', '10042']);
    await platform.run(['invoice', 'list', '--customer', 'bergs']);
    expect(platform.asked.filter(({ path }) => path === '/v1/invoices').map(({ query }) => query['customer_id'])).toEqual([
      'cus_a',
      'cus_a',
    ]);
    expect(await platform.run(['invoice', 'list', '--customer', 'Anna'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('cus_b, cus_c'),
    });
    expect(await platform.run(['invoice', 'list', '--customer', 'No body'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no customer “No body”.'),
    });
  });

  it('may be left out when there is one alone', async () => {
    const entities = [
      { id: 'ent_a', name: 'Sverige AB', series: 'SE' },
      { id: 'ent_b', name: 'Nederland B.V.', series: 'NL' },
    ];
    platform.on('POST /v1/bill-runs/preview', { id: '', status: 'preview', preview: [], held: 3, failures: [] });
    platform.on('GET /v1/billing-entities', { items: entities.slice(0, 1) });
    expect((await platform.run(['bill-run', 'preview'])).out).toBe('Nothing is due.\n0 invoices, 3 small accounts held for later.\n');
    platform.on('GET /v1/billing-entities', { items: entities });
    expect(await platform.run(['bill-run', 'preview'])).toMatchObject({ code: 2, err: expect.stringContaining('Nederland B.V. (ent_b)') });
    await platform.run(['bill-run', 'preview', '--entity', 'nl', '--until', '2026-02-01']);
    expect(JSON.parse(platform.asked.at(-1)?.body.toString() ?? '')).toEqual({ billing_entity_id: 'ent_b', until: '2026-02-01T00:00:00Z' });
  });
});
