import { afterAll, describe, expect, it } from '@jest/globals';
import { RecordedPlatform } from '../recorded-platform.fixture.js';

const platform = await RecordedPlatform.open();
afterAll(() => platform.close());

const yaml = `code: standard-2026
name: Standard 2026
currency: SEK
tax_inclusive: false
versions:
  - effective_from: 2026-01-01
    prices:
      - meter: energy
        price: {model: graduated, tiers: [{up_to: 100, unit_price: 3.20}, {unit_price: 2.80}]}
      - meter: sessions
        price: {model: per_event, event_fee: 5.00}
`;

const csv = [
  'id,device,meter,time,quantity',
  '1,SE*1,energy,2026-01-15T08:00:00Z,80.5',
  '2,SE*1,energy,2026-01-31T22:59:59Z,40',
  '3,SE*1,energy,2026-01-31T23:00:00Z,10',
  '4,SE*2,energy,2026-01-15T08:00:00Z,0.001',
  '5,SE*2,sessions,2026-01-15T08:00:00Z,1',
  '5,SE*2,sessions,2026-01-15T08:00:00Z,1',
  '',
].join('\n');

const price = async (usage: string | Buffer, name: string, ...args: readonly string[]) => {
  await platform.file('prices.yaml', yaml);
  await platform.file(name, usage);
  return platform.run(['price', '--price-list', 'prices.yaml', '--usage', name, ...args], { env: {} });
};

describe('price, without a platform', () => {
  it('gives exact totals per device and meter, by the days of the time zone', async () => {
    const { code, out } = await price(csv, 'usage.csv', '--time-zone', 'Europe/Stockholm', '--json');
    expect(code).toBe(0);
    const { devices, ...sums } = JSON.parse(out) as { readonly devices: readonly object[] };
    expect(sums).toEqual({
      price_list: 'standard-2026',
      currency: 'SEK',
      tax_inclusive: false,
      time_zone: 'Europe/Stockholm',
      amount: '414.4032',
      events: { received: 6, priced: 5, unmetered: 0, duplicate: 1, refused: 0 },
      meters: [
        { meter: 'energy', unit: '', quantity: '130.501', events: 4, amount: '409.4032' },
        { meter: 'sessions', unit: '', quantity: '1', events: 1, amount: '5' },
      ],
      refusals: [],
    });
    // January in Stockholm holds the first two: 100 × 3.20 + 20.5 × 2.80; the third begins February: 10 × 3.20.
    const january = { period_start: '2025-12-31T23:00:00.000Z', period_end: '2026-01-31T23:00:00.000Z' };
    const february = { period_start: '2026-01-31T23:00:00.000Z', period_end: '2026-02-28T23:00:00.000Z' };
    const lines = [
      { ...january, quantity: '120.5', events: 2, amount: '377.4' },
      { ...february, quantity: '10', events: 1, amount: '32' },
    ];
    expect(devices[0]).toEqual({
      device: 'SE*1',
      amount: '409.4',
      meters: [{ meter: 'energy', unit: '', quantity: '130.5', events: 3, amount: '409.4', lines }],
    });
    expect(devices[1]).toMatchObject({
      device: 'SE*2',
      amount: '5.0032',
      meters: [
        { meter: 'energy', amount: '0.0032' },
        { meter: 'sessions', amount: '5' },
      ],
    });
  });

  it('shows people a table and one sum', async () => {
    const { out } = await price(csv, 'usage.csv', '--time-zone', 'Europe/Stockholm');
    expect(out).toContain('SE*2    energy         1     0.001  0.0032 SEK');
    expect(out).toContain('6 events: 5 priced, 1 duplicate.\nTotal 414.4032 SEK, VAT not included.\n');
  });

  it('gives the same for CloudEvents, as array and as NDJSON, and for a semicolon', async () => {
    const [, ...rows] = csv
      .trimEnd()
      .split('\n')
      .map((row) => row.split(','));
    const events = rows.map(([id, subject, meter, time, quantity]) => ({
      specversion: '1.0',
      type: 'tollkeeper.usage.v1',
      source: '',
      id,
      subject,
      time,
      data: { meter, quantity },
    }));
    const withSource = events.map((event) => ({ ...event, source: '/spec' }));
    const files: readonly [string, string][] = [
      ['usage.json', JSON.stringify(withSource, undefined, 2)],
      ['usage.ndjson', withSource.map((event) => JSON.stringify(event)).join('\n')],
      ['usage-semicolon.csv', `\ufeff${csv.replaceAll(',', ';')}`],
      ['usage-source.csv', csv.replace('id,', 'ID,').replaceAll('\n', '\r\n')],
    ];
    for (const [name, text] of files) {
      expect((await price(text, name, '--time-zone', 'Europe/Stockholm')).out).toContain(
        '6 events: 5 priced, 1 duplicate.\nTotal 414.4032 SEK',
      );
    }
  });

  it('lists what it cannot price with the line, and with --strict answers 1', async () => {
    const bad = [
      'id,device,meter,time,quantity',
      '1,SE*1,energy,2026-01-15T08:00:00Z,1',
      '1,SE*1,energy,2026-01-15T08:00:00Z,2',
      '2,SE*1,water,2026-01-15T08:00:00Z,1',
      '3,SE*1,energy,15 January,1',
      '4,,energy,2026-01-15T08:00:00Z,1',
      '5,SE*1,energy,2026-01-15T08:00:00Z,"1,5"',
      '6,SE*1,energy,2025-12-15T08:00:00Z,1',
    ].join('\n');
    const lenient = await price(bad, 'bad.csv', '--json');
    const report = JSON.parse(lenient.out) as {
      readonly refusals: readonly { readonly line: number; readonly reason: string }[];
      readonly events: object;
    };
    expect(report.refusals.map(({ line, reason }) => `${line} ${reason}`)).toEqual([
      '3 conflict',
      '4 unknown_meter',
      '5 invalid_event',
      '6 invalid_event',
      '7 quantity_invalid',
      '8 no_price',
    ]);
    expect([lenient.code, report.events]).toEqual([0, { received: 7, priced: 1, unmetered: 0, duplicate: 0, refused: 6 }]);
    const strict = await price(bad, 'bad.csv', '--strict');
    expect([strict.code, strict.err]).toEqual([1, expect.stringContaining('6 events have no price.')]);
    expect(strict.out).toMatch(/7 +quantity_invalid +SE\*1 +5 +the quantity “1,5” is no decimal such as 12\.5/);
  });

  it('keeps the digits of JSON numbers, and refuses those that lose some', async () => {
    const one = (id: string, quantity: string) =>
      `{"specversion":"1.0","type":"tollkeeper.usage.v1","id":"${id}","source":"/s","subject":"SE*1","time":"2026-01-15T08:00:00Z","data":{"meter":"energy","quantity":${quantity}}}`;
    const { out } = await price(
      [one('1', '0.1'), one('2', '0.2'), one('3', '1e3'), one('4', '0.30000000000000000001'), one('5', '{}')].join('\n'),
      'n.ndjson',
    );
    expect(out).toContain('Total 0.96 SEK');
    expect(out).toContain('5 events: 2 priced, 3 refused.');
  });

  it('counts meters as it is told', async () => {
    const usage = 'id,device,meter,time\n1,SE*1,sessions,2026-01-15T08:00:00Z\n2,SE*1,sessions,2026-01-16T08:00:00Z\n';
    expect((await price(usage, 'count.csv')).out).toContain('write --meter sessions=count');
    expect((await price(usage, 'count.csv', '--meter', 'sessions=count')).out).toContain('Total 10.00 SEK');
    expect(await price(usage, 'count.csv', '--meter', 'sessions=often')).toMatchObject({
      code: 2,
      err: expect.stringContaining('register_delta'),
    });
    expect(await price(usage, 'count.csv', '--meter', 'water=sum')).toMatchObject({
      code: 2,
      err: expect.stringContaining('energy, sessions'),
    });
  });

  it.each([
    ['', 'the file is empty'],
    ['id,device,meter,tid\n', 'line 1, column 4: there is no column “tid”'],
    ['id,device,time\n', 'line 1: the heading lacks meter'],
    ['id,id,device,meter,time\n', 'line 1, column 2: the column “id” stands twice'],
    ['id,device,meter,time\n1,2\n', 'line 2: the row has 2 cells and the heading 4'],
    ['id,device,meter,time\n1,"2,3,4\n', 'this is not CSV'],
    ['{"id": 1,}\n', 'line 1, column 10: this is not JSON: a name in quotes should stand here'],
  ])('says what is wrong with a usage file: %j', async (text, what) => {
    expect(await price(text, 'wrong.csv')).toMatchObject({ code: 1, err: expect.stringContaining(what) });
  });

  it.each([
    ['prices.json', '{"code": "x",\n "name": }', 'prices.json, line 2, column 10: this is not JSON'],
    ['prices.json', '{"code": "x"}', 'currency'],
    ['prices.yaml', 'code: [', 'line 1'],
    ['prices.csv', 'code,colour\nx,red\n', 'there is no such column'],
    ['prices.csv', '\n', 'the file is empty'],
    ['prices.txt', yaml.replace('3.20', 'cheap'), 'line 9'],
  ])('says what is wrong with a price list: %s %j', async (name, text, what) => {
    await platform.file(name, text);
    await platform.file('usage.csv', csv);
    expect(await platform.run(['price', '--price-list', name, '--usage', 'usage.csv'])).toMatchObject({
      code: 1,
      err: expect.stringContaining(what),
    });
  });

  it('takes periods of every kind', async () => {
    const total = async (...args: readonly string[]) => /Total ([\d.,]+)/.exec((await price(csv, 'usage.csv', ...args)).out)?.[1];
    expect(await total('--period', 'yearly')).toBe('410.4032');
    expect(await total('--period', 'weekly')).toBe('422.6032');
    expect(await total('--period', 'days28', '--from', '2026-01-01')).toBe('422.6032');
    expect((await price(csv, 'usage.csv', '--period', 'days28')).code).toBe(2);
    expect((await price(csv, 'usage.csv', '--time-zone', 'Mars')).code).toBe(2);
  });
});

describe('price lists as files', () => {
  it('come back as they were put, in every format', async () => {
    let kept: unknown;
    platform.on('POST /v1/price-lists', ({ body }) => (kept = { ...(JSON.parse(body.toString()) as object), version: 3 }));
    platform.on('GET /v1/price-lists/standard-2026', () => kept);
    expect((await platform.run(['price-list', 'import', await platform.file('p.yaml', yaml)])).out).toContain(
      'Price list standard-2026 is in the catalogue: 1 version',
    );
    const first = JSON.stringify(kept);
    for (const name of ['p.csv', 'p.json', 'p.yml']) {
      expect((await platform.run(['price-list', 'export', 'standard-2026', '--out', name])).code).toBe(0);
      await platform.run(['price-list', 'import', name]);
      expect(JSON.stringify(kept)).toBe(first);
    }
    expect((await platform.run(['price-list', 'export', 'standard-2026'])).out).toMatch(/^code: standard-2026\n/);
  });
});
