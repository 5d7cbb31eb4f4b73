import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, jest } from '@jest/globals';
import { type ApiClient, ApiProblem, RawBody } from '@tollkeeper/api-client';
import { type EmbeddedProcess, type Ended, newFolder, runForTest, startForTest } from './embedded-process.fixture.js';
import { eventually, settledReceipt } from './eventually.fixture.js';
import { proveAll } from './proofs.fixture.js';
import { newCustomer, newSeller, newTenant, putMeter, putPrices, usageEvent } from './small-tenant.fixture.js';

jest.setTimeout(90_000);

const root = newFolder('trouble');
const running: EmbeddedProcess[] = [];
let folders = 0;

/** A path below the spec's own folder where nothing is yet. */
function freshPath(): string {
  return join(root.path, `data-${++folders}`);
}

async function start(folder: string, fileLimitKiB?: number): Promise<EmbeddedProcess> {
  const platform = await startForTest(folder, fileLimitKiB === undefined ? {} : { fileLimitKiB });
  running.push(platform);
  return platform;
}

afterEach(async () => {
  for (const platform of running.splice(0)) if (!platform.ended()) await platform.kill();
});

afterAll(() => root.remove());

/** One complaint for a person: what is wrong, where, how to mend it; no stack, no second page. */
function expectComplaint({ code, complaints }: Ended, wanted: { readonly code: 1 | 2; readonly says: readonly (string | RegExp)[] }): void {
  expect([complaints, code]).toEqual([complaints, wanted.code]);
  expect(complaints).toMatch(/^tollkeeper: /);
  for (const part of wanted.says) expect(complaints).toMatch(part);
  expect(complaints).not.toMatch(/^\s+at .*[:)]\d*|node:internal|\[Nest\]/m);
}

describe('a start that cannot work', () => {
  it('names the address that another program has taken', async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => void taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    expectComplaint(await runForTest(['--data', freshPath(), '--port', String(port)]), { code: 1, says: [`127.0.0.1:${port} is in use`, '--port'] });
    taken.close();
  });

  it.each([
    [['--prot', '1'], '--prot'],
    [['--port', 'http'], '--port.*“http”.*whole number from 0 to 65535'],
    [['--port', '70000'], '70000'],
    [['--page-ms', '0'], '--page-ms'],
    [['--log-level', 'loud'], 'error, warn, log or debug|error, warn, log, debug'],
    [['here'], 'here'],
    [['--port'], '--port'],
  ])('refuses the settings %j with exit code 2', async (args, says) => {
    expectComplaint(await runForTest(args), { code: 2, says: [new RegExp(says)] });
  });

  it('names the setting of the environment that is wrong', async () => {
    expectComplaint(await runForTest([], { TOLLKEEPER_PORT: 'x' }), { code: 2, says: ['TOLLKEEPER_PORT', '“x”'] });
  });

  it('leaves alone a data folder of a newer release', async () => {
    const folder = freshPath();
    await (await start(folder)).stop();
    const file = join(folder, 'format.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace('"version":2', '"version":99'));
    expectComplaint(await runForTest(['--data', folder, '--port', '0']), { code: 1, says: [folder, 'layout 99', 'newer release'] });
  });

  it('leaves alone a data folder in the layout from before the first release', async () => {
    const folder = freshPath();
    mkdirSync(folder);
    writeFileSync(join(folder, 'format.json'), '{"content":"tollkeeper data folder","version":1}');
    expectComplaint(await runForTest(['--data', folder, '--port', '0']), { code: 1, says: [folder, 'before the first release'] });
  });

  it.each(['chains', 'views', 'bus', 'rating/chains', 'rating/views'])('leaves alone a data folder whose %s are of a newer release', async (part) => {
    const folder = freshPath();
    await (await start(folder)).stop();
    const file = join(folder, part, 'format.json');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/"version":\d+/, '"version":99'));
    expectComplaint(await runForTest(['--data', folder, '--port', '0']), { code: 1, says: [part, '99', 'newer release'] });
  });

  it('leaves alone a folder that holds something else', async () => {
    const folder = freshPath();
    mkdirSync(folder);
    writeFileSync(join(folder, 'format.json'), '{"content":"photo album","version":1}');
    expectComplaint(await runForTest(['--data', folder, '--port', '0']), { code: 1, says: ['photo album'] });
  });

  it('does not share a data folder with a process that works in it, which goes on', async () => {
    const folder = freshPath();
    const first = await start(folder);
    expectComplaint(await runForTest(['--data', folder, '--port', '0']), { code: 1, says: [folder, 'in use by another process'] });
    expect(await first.operator.get('/health/ready')).toEqual({ status: 'ok' });
  });

  it('says that the data folder is a file, cannot be made, or may not be written', async () => {
    const file = freshPath();
    writeFileSync(file, 'a letter');
    expectComplaint(await runForTest(['--data', file, '--port', '0']), { code: 1, says: [file, 'another folder'] });
    expectComplaint(await runForTest(['--data', join(file, 'below'), '--port', '0']), { code: 1, says: [file, 'another folder'] });
    expectComplaint(await runForTest(['--data', '/proc/tollkeeper', '--port', '0']), { code: 1, says: ['/proc/tollkeeper', 'another folder'] });
    // Not even the superuser may write there.
    expectComplaint(await runForTest(['--data', '/proc/self', '--port', '0']), { code: 1, says: ['/proc/self', 'another folder'] });
    expect(readFileSync(file, 'utf8')).toBe('a letter');
  });

  it('says that the name of the data folder is empty', async () => {
    expectComplaint(await runForTest(['--data', '', '--port', '0']), { code: 2, says: ['--data'] });
    expectComplaint(await runForTest(['--port', '0'], { TOLLKEEPER_DATA: '' }), { code: 2, says: ['TOLLKEEPER_DATA'] });
  });

  it('says that the operator\'s key or the installation\'s secret is damaged', async () => {
    const folder = freshPath();
    await (await start(folder)).stop();
    writeFileSync(join(folder, 'installation.secret'), 'short');
    expectComplaint(await runForTest(['--data', folder, '--port', '0']), { code: 1, says: ['installation.secret'] });
  });
});

describe('a full disk', () => {
  const device = 'SE*TST*E1';

  async function setUp(platform: EmbeddedProcess): Promise<{ readonly client: ApiClient; readonly apiKey: string }> {
    const tenant = await newTenant(platform, 'full-disk');
    await putMeter(tenant.client, 'energy_kwh');
    await putPrices(tenant.client, 'prices', 'SEK', [{ meter: 'energy_kwh', price: { model: 'per_unit', unit_price: '2' } }]);
    const { brand } = await newSeller(tenant.client);
    await newCustomer(tenant.client, { brand, devices: [device], priceLists: ['prices'] });
    await tenant.client.post('/v1/clock/advance', { to: '2026-02-01T06:00:00Z' });
    return tenant;
  }

  function batch(n: number): RawBody {
    // Random text does not shrink when it is packed, so that the limit is reached soon.
    const events = Array.from({ length: 500 }, (_, i) => {
      const event = usageEvent(device, `${String(n).padStart(5, '0')}-${String(i).padStart(4, '0')}`, '2026-01-10T10:00:00Z', 'energy_kwh', '1');
      return { ...event, data: { meter: 'energy_kwh', quantity: '1', dimensions: { note: Buffer.from(`${n}/${i}`.repeat(12)).toString('base64') } } };
    });
    return new RawBody('application/cloudevents-batch+json', JSON.stringify(events));
  }

  it('is told as such, loses nothing that was acknowledged, and is forgotten once there is room', async () => {
    const folder = freshPath();
    const roomy = await start(folder);
    const { apiKey } = await setUp(roomy);
    await roomy.stop();

    const cramped = await start(folder, 1024);
    const client = cramped.clientFor(apiKey, 1);
    const receipts: string[] = [];
    let refusal: ApiProblem | undefined;
    for (let n = 0; n < 200 && !refusal; n++) {
      await client.post<{ id: string }>('/v1/usage', batch(n)).then(
        ({ id }) => receipts.push(id),
        (error: unknown) => {
          if (!(error instanceof ApiProblem)) throw error;
          refusal = error;
        },
      );
    }
    expect([refusal?.status, refusal?.code]).toEqual([503, 'unavailable']);
    expect(refusal?.detail).toMatch(/disk|room|space/i);
    expect(cramped.ended()).toBeUndefined();
    expect(await client.get('/health/live')).toEqual({ status: 'ok' });
    await cramped.kill();

    const again = await start(folder);
    const after = again.clientFor(apiKey);
    for (const id of receipts) expect(await settledReceipt(after, id)).toMatchObject({ booked: 500, quarantined: 0 });
    const { id } = await after.post<{ id: string }>('/v1/usage', batch(1000));
    expect(await settledReceipt(after, id)).toMatchObject({ booked: 500 });
    const account = () => after.get<{ balance: string }>(`/v1/devices/${encodeURIComponent(device)}/account`);
    // The refused batch may stand in the log all the same; then it is booked as well, once.
    const { balance } = await eventually(account, (seen) => Number(seen.balance) >= 1000 * (receipts.length + 1));
    expect([1000 * (receipts.length + 1), 1000 * (receipts.length + 2)]).toContain(Number(balance));
    expect(await proveAll(after)).toMatchObject({ chainFaults: [], pageFaults: [] });
  });
});
