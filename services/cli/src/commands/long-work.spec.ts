import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordedPlatform } from '../recorded-platform.fixture.js';

const platform = await RecordedPlatform.open();
afterAll(() => platform.close());
beforeEach(() => {
  platform.asked.length = 0;
});

/** A platform that takes files as the real one does: by offset, and by the key of the upload. */
class Uploads {
  readonly content = new Map<string, Buffer>();
  readonly done = new Set<string>();
  /** Breaks the connection at that many chunks. */
  breakAt = Number.POSITIVE_INFINITY;
  chunks = 0;

  constructor() {
    platform.on('POST /v1/files', ({ headers, query }) => {
      const id = `fil_${String(headers['idempotency-key']).slice(-6)}`;
      if (!this.content.has(id)) this.content.set(id, Buffer.alloc(0));
      platform.on(`PUT /v1/files/${id}`, (asked, response) => {
        if (++this.chunks >= this.breakAt) return void response.destroy();
        const before = this.content.get(id) ?? Buffer.alloc(0);
        expect(asked.headers['upload-offset']).toBe(String(before.length));
        this.content.set(id, Buffer.concat([before, asked.body]));
        if (asked.headers['upload-complete'] === '?1') this.done.add(id);
        return this.shown(id);
      });
      platform.on(`GET /v1/files/${id}`, () => ({ ...this.shown(id), status: 'done', records: 3, accepted: 2, quarantined: 1 }));
      return { ...this.shown(id), name: query['name'] };
    });
  }

  private shown(id: string): object {
    const size = String(this.content.get(id)?.length ?? 0);
    return {
      id,
      name: 'sim.csv',
      status: this.done.has(id) ? 'importing' : 'receiving',
      size_bytes: size,
      records: 0,
      accepted: 0,
      quarantined: 0,
      filtered: 0,
      repeated_file: false,
      created_at: '2026-02-01T06:00:00Z',
    };
  }
}

const large = Buffer.alloc(10 * 1024 * 1024, 'abcdefgh\n');

describe('file import', () => {
  it('sends a large file in chunks, as it is, and waits for the import', async () => {
    const uploads = new Uploads();
    const { code, out } = await platform.run(['file', 'import', await platform.file('sim.csv', large), '--mapping', 'sim-csv', '--wait']);
    expect([code, out]).toEqual([0, expect.stringMatching(/status +done\n[^]*accepted +2\nin quarantine +1\n/)]);
    expect([...uploads.content.values()].map((content) => content.equals(large))).toEqual([true]);
    expect(uploads.chunks).toBe(3);
  });

  it('goes on where it broke off when the same command is typed again', async () => {
    const uploads = new Uploads();
    const file = await platform.file('sim.csv', large);
    uploads.breakAt = 2;
    expect(await platform.run(['file', 'import', file, '--mapping', 'sim-csv'])).toMatchObject({ code: 3 });
    uploads.breakAt = Number.POSITIVE_INFINITY;
    platform.asked.length = 0;
    const { code, err } = await platform.run(['file', 'import', file, '--mapping', 'sim-csv']);
    expect([code, err]).toEqual([0, expect.stringContaining('Went on with an upload that had broken off behind 4.0 MB.')]);
    expect(platform.asked.filter(({ method }) => method === 'PUT')).toHaveLength(2);
    expect([...uploads.content.values()].map((content) => content.equals(large))).toEqual([true]);
  });

  it('says so when the same content comes twice, and sends nothing', async () => {
    new Uploads();
    const file = await platform.file('sim.csv', 'a,b\n');
    await platform.run(['file', 'import', file, '--mapping', 'sim-csv']);
    platform.asked.length = 0;
    expect((await platform.run(['file', 'import', file, '--mapping', 'sim-csv'])).out).toContain(
      'sim.csv was imported before as sim.csv, 2026-02-01 06:00 UTC; nothing was booked again.\n',
    );
    expect(platform.asked.map(({ method }) => method)).toEqual(['POST']);
  });

  it('fails when the import fails, and for an empty file', async () => {
    new Uploads();
    const file = await platform.file('sim.csv', 'cut');
    const key = async () => (await platform.run(['file', 'import', file, '--mapping', 'sim-csv', '--json'])).out;
    const { id } = JSON.parse(await key()) as { readonly id: string };
    platform.on(`GET /v1/files/${id}`, {
      id,
      status: 'failed',
      error: 'In line 1 the heading lacks when.',
      records: 0,
      accepted: 0,
      quarantined: 0,
      filtered: 0,
    });
    expect(await platform.run(['file', 'show', id])).toMatchObject({ code: 1, err: expect.stringContaining('the heading lacks when') });
    expect(await platform.run(['file', 'import', await platform.file('none.csv', ''), '--mapping', 'm'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('the file is empty'),
    });
  });
});

describe('proofs', () => {
  it('go through all pages and answer 0 when all is well', async () => {
    platform.on('GET /v1/chains/verify', ({ query }) => ({
      chains: 100,
      entries: 1500,
      faults: [],
      ...(query['cursor'] === undefined ? { next_cursor: 'b' } : {}),
    }));
    expect(await platform.run(['chain', 'verify'])).toMatchObject({ code: 0, out: '200 chains with 3,000 entries proven: all is well.\n' });
    platform.on('GET /v1/rerating/verify', { accounts: 1, pages: 2, events: 3, faults: [] });
    expect(await platform.run(['rerate', '--verify', '--json'])).toMatchObject({ code: 0, out: expect.stringContaining('"pages": 2') });
  });

  it('answer 1 and name the entry when one does not hold', async () => {
    platform.on('GET /v1/chains/verify', {
      chains: 1,
      entries: 5,
      faults: [{ chain: 'device/ten_1/SE*1', n: 3, what: 'hash', detail: 'The body was changed.' }],
    });
    const { code, out, err } = await platform.run(['chain', 'verify']);
    expect([code, out, err]).toEqual([
      1,
      expect.stringContaining('device/ten_1/SE*1      3  hash   The body was changed.'),
      expect.stringContaining('not what was booked'),
    ]);
    expect(await platform.run(['rerate'])).toMatchObject({ code: 2, err: expect.stringContaining('rerate --verify') });
  });
});

describe('clock advance', () => {
  const clockAt = (start: string) => {
    let now = start;
    platform.on('GET /v1/clock', () => ({ tenant_id: 'ten_1', now, done: {} }));
    platform.on('POST /v1/clock/advance', ({ body }) => {
      now = (JSON.parse(body.toString()) as { readonly to: string }).to;
      return { tenant_id: 'ten_1', now, done: { invoices_issued: now.endsWith('-01T00:00:00.000Z') ? 2 : 0, accounts_closed: 1 } };
    });
  };
  const steps = () =>
    platform.asked.filter(({ method }) => method === 'POST').map(({ body }) => (JSON.parse(body.toString()) as { readonly to: string }).to);

  it('steps over every midnight and shows what became due', async () => {
    clockAt('2026-01-30T08:00:00.000Z');
    const { out } = await platform.run(['clock', 'advance', '--days', '3']);
    expect(steps()).toEqual([
      '2026-01-31T00:00:00.000Z',
      '2026-02-01T00:00:00.000Z',
      '2026-02-02T00:00:00.000Z',
      '2026-02-02T08:00:00.000Z',
    ]);
    expect(out).toBe('It is 2026-02-02 08:00 UTC now, 3 days later.\nBecame due:\n  invoices issued  2\n  accounts closed  4\n');
  });

  it.each([
    [['--months', '1'], '2026-01-31T08:00:00.000Z', '2026-02-28T08:00:00.000Z'],
    [['--months', '2'], '2026-12-15T08:00:00.000Z', '2027-02-15T08:00:00.000Z'],
    [['--to', '2026-02-02'], '2026-02-01T08:00:00.000Z', '2026-02-02T00:00:00.000Z'],
  ])('with %j from %s arrives at %s', async (args, from, to) => {
    clockAt(from);
    expect(JSON.parse((await platform.run(['clock', 'advance', ...args, '--json'])).out)).toMatchObject({ now: to });
  });

  it('asks how far', async () => {
    expect(await platform.run(['clock', 'advance'])).toMatchObject({ code: 2 });
    expect(await platform.run(['clock', 'advance', '--days', '1', '--months', '1'])).toMatchObject({ code: 2 });
  });
});

describe('bill-run start', () => {
  const run = {
    id: 'run_1',
    customers: 2,
    customers_done: 2,
    invoices: 1,
    held: 0,
    total: '61.25',
    currency: 'SEK',
    failures: [],
    preview: [],
    invoice_ids: [],
  };

  it('waits until it is done, and fails with the customers that failed', async () => {
    platform.on('GET /v1/billing-entities', { items: [{ id: 'ent_1', name: 'Sverige AB', series: 'SE' }] });
    platform.on('POST /v1/bill-runs', { ...run, status: 'running', customers_done: 0 });
    platform.on('GET /v1/bill-runs/run_1', { ...run, status: 'done' });
    expect((await platform.run(['bill-run', 'start'])).out).toContain('under way: 0 of 2 customers.');
    expect(await platform.run(['bill-run', 'start', '--wait'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('Bill run run_1 done: 1 invoice, 61.25 SEK.'),
    });
    platform.on('GET /v1/bill-runs/run_1', { ...run, status: 'done', failures: [{ customer_id: 'cus_9', detail: 'It has no address.' }] });
    expect(await platform.run(['bill-run', 'start', '--wait'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('cus_9: It has no address.'),
    });
  });
});
