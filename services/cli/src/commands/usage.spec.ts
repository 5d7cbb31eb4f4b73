import { gzipSync } from 'node:zlib';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordedPlatform } from '../recorded-platform.fixture.js';

const platform = await RecordedPlatform.open();
afterAll(() => platform.close());

const event = (n: number, quantity: unknown = '1.5') => ({
  specversion: '1.0',
  type: 'tollkeeper.usage.v1',
  id: `e-${n}`,
  source: '/spec',
  subject: 'SE*1',
  time: '2026-01-15T08:00:00Z',
  data: { meter: 'energy', quantity },
});
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));
const ndjson = (count: number) =>
  events(count)
    .map((one) => `${JSON.stringify(one)}\n`)
    .join('');

let receipts = 0;
beforeEach(() => {
  platform.asked.length = 0;
  receipts = 0;
  platform.on('POST /v1/usage', ({ body }) => {
    const given: unknown = JSON.parse(body.toString());
    const count = Array.isArray(given) ? given.length : 1;
    return {
      id: `rcp_${++receipts}`,
      status: 'accepted',
      received: count,
      accepted: count,
      booked: 0,
      duplicate: 0,
      quarantined: 0,
      results: [],
    };
  });
});

const sent = () => platform.asked.filter(({ path }) => path === '/v1/usage');

describe('usage send', () => {
  it('sends a file in batches of at most a thousand, in order', async () => {
    const { code, out } = await platform.run(['usage', 'send', await platform.file('e.ndjson', ndjson(2500))]);
    expect([code, out]).toEqual([0, expect.stringContaining('2,500 events sent, 3 receipts.')]);
    const batches = sent().map(({ body }) => JSON.parse(body.toString()) as { readonly id: string }[]);
    expect(batches.map((batch) => batch.length)).toEqual([1000, 1000, 500]);
    expect(batches.flat().map(({ id }) => id)).toEqual(events(2500).map(({ id }) => id));
  });

  it('takes JSON arrays, single events, gzip and standard input', async () => {
    await platform.run(['usage', 'send', await platform.file('a.json', JSON.stringify(events(3), undefined, 2))]);
    await platform.run(['usage', 'send', await platform.file('one.json', JSON.stringify(event(1), undefined, 2))]);
    await platform.run(['usage', 'send', await platform.file('z.json.gz', gzipSync(ndjson(2)))]);
    const { code } = await platform.run(['usage', 'send', '-'], { input: ndjson(4) });
    expect([code, sent().map(({ headers }) => headers['content-type'])]).toEqual([
      0,
      [
        'application/cloudevents-batch+json',
        'application/cloudevents+json',
        'application/cloudevents-batch+json',
        'application/cloudevents-batch+json',
      ],
    ]);
    expect(sent().map(({ body }) => (JSON.parse(body.toString()) as object[]).length)).toEqual([3, undefined, 2, 4]);
  });

  it('sends numbers as they were written', async () => {
    await platform.run(['usage', 'send', await platform.file('n.json', '[{"quantity": 1.10000000000000000000001}]'), '--mapping', 'own']);
    expect(sent()[0]).toMatchObject({ query: { mapping: 'own' }, body: Buffer.from('[{"quantity": 1.10000000000000000000001}]') });
  });

  it('waits until all is settled, also for a receipt that cannot be read yet', async () => {
    let asked = 0;
    platform.on('GET /v1/receipts/rcp_1', (_asked, response) => {
      if (++asked > 2)
        return { id: 'rcp_1', status: 'settled', received: 3, accepted: 3, booked: 1, duplicate: 1, quarantined: 1, results: [] };
      response.statusCode = asked === 1 ? 404 : 200;
      return asked === 1 ? { code: 'not_found', detail: 'Not yet.' } : { id: 'rcp_1', status: 'accepted', results: [] };
    });
    const file = await platform.file('w.ndjson', ndjson(3));
    expect((await platform.run(['usage', 'send', file, '--wait'])).out).toBe(
      '3 events sent, 1 receipt: 1 booked, 1 duplicate, 1 in quarantine.\n',
    );
  });

  it('names the line of what was set aside', async () => {
    platform.on('POST /v1/usage', {
      id: 'rcp_1',
      status: 'accepted',
      results: [{ index: 1, status: 'quarantined', detail: 'No such device.', quarantine_id: 'qua_1' }],
    });
    expect((await platform.run(['usage', 'send', await platform.file('q.ndjson', `\n${ndjson(3)}`)])).out).toContain(
      'line 3: quarantined: No such device. (qua_1)\n',
    );
  });

  it.each<[string | Buffer, string]>([
    ['', 'the file is empty'],
    [
      JSON.stringify(events(3), undefined, 1).slice(0, -60),
      'line 33, column 3: the file is cut short: the record that begins in line 26 has no end',
    ],
    ['[{"a":1},\n{"b":2}', 'line 2, column 7: the file is cut short: the array has no closing ]'],
    ['[{"a":1}\n{"b":2}]', 'line 2, column 1: a comma is missing'],
    ['[{"a":1}]\n{}', 'line 2, column 1: there is more text'],
    ['[{"a":1},]', 'column 10: a value should stand behind the comma'],
    ['{"a":1}\n{"b":,}\n', 'line 2, column 6: this is not JSON: a value should stand here'],
    ['id;device\n1;2\n', 'line 1, column 1: this is not JSON'],
    [Buffer.from('[{"a":"\u00e9"}]\n', 'latin1'), 'line 1, column 8: the file is not UTF-8'],
    [Buffer.from('\ufeff[]', 'utf16le'), 'UTF-16'],
    [gzipSync(ndjson(50)).subarray(0, 90), 'gzip data is damaged'],
  ])('says what is wrong with a file and where (%#)', async (content, what) => {
    const { code, err } = await platform.run(['usage', 'send', await platform.file('bad.json', content)]);
    expect([code, err]).toEqual([1, expect.stringContaining(what)]);
  });

  it('tells how much was sent before a fault, and that sending again is harmless', async () => {
    const { code, err } = await platform.run(['usage', 'send', await platform.file('half.ndjson', `${ndjson(1500)}{"a":}\n`)]);
    expect([code, err]).toEqual([1, expect.stringMatching(/line 1501.*\n {2}1,000 events were sent before it/)]);
  });

  it('says when there is no such file', async () => {
    expect(await platform.run(['usage', 'send', 'none.json'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('there is no such file'),
    });
    expect(await platform.run(['usage', 'send', '.'])).toMatchObject({ code: 1, err: expect.stringContaining('this is a folder') });
  });
});

describe('usage status', () => {
  it('counts by day', async () => {
    platform.on('GET /v1/usage/days', {
      items: [{ day: '2026-02-01', received: 35415, booked: 35074, duplicate: 333, quarantined: 8, unsettled: 0, meters: [] }],
    });
    expect((await platform.run(['usage', 'status', '--days'])).out).toContain(
      '2026-02-01    35,415  35,074        333            8          0',
    );
    expect(JSON.parse((await platform.run(['usage', 'status', '--days', '--from', '2026-02-01', '--json'])).out)).toHaveLength(1);
    expect(platform.asked.at(-1)?.query).toEqual({ from: '2026-02-01' });
  });

  it('asks of what', async () => {
    expect(await platform.run(['usage', 'status'])).toMatchObject({ code: 2, err: expect.stringContaining('--days') });
  });
});

describe('quarantine replay', () => {
  it('mends fields of one event', async () => {
    platform.on('POST /v1/quarantine/qua_1/replay', { replayed: 1, receipt_ids: ['rcp_9'] });
    const { out } = await platform.run(['quarantine', 'replay', 'qua_1', '--fix', 'device=SE*1=x', '--fix', 'quantity=2']);
    expect(JSON.parse(platform.asked[0]?.body.toString() ?? '')).toEqual({ fix: { device: 'SE*1=x', quantity: '2' } });
    expect(out).toBe('1 event sent again.\nSee what became of it: tollkeeper usage status rcp_9\n');
  });

  it('sends all of a reason, however many, and none twice', async () => {
    platform.on('GET /v1/quarantine/summary', { reasons: [{ reason: 'unknown_device', open: 1500 }] });
    platform.on('POST /v1/quarantine/replay', { replayed: 1000, receipt_ids: [] });
    expect((await platform.run(['quarantine', 'replay', '--reason', 'unknown_device'])).out).toBe('2,000 events sent again.\n');
    expect(platform.asked.filter(({ method }) => method === 'POST')).toHaveLength(2);
    expect((await platform.run(['quarantine', 'replay', '--reason', 'conflict'])).out).toContain('Nothing was sent again');
  });

  it('asks which, and mends one at a time', async () => {
    expect(await platform.run(['quarantine', 'replay'])).toMatchObject({ code: 2 });
    expect(await platform.run(['quarantine', 'replay', '--reason', 'conflict', '--fix', 'id=1'])).toMatchObject({ code: 2 });
    expect(await platform.run(['quarantine', 'replay', 'qua_1', '--fix', 'id'])).toMatchObject({ code: 2 });
  });
});
