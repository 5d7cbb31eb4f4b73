import { afterAll, describe, expect, it } from '@jest/globals';
import { SeededRandom } from '../sample/seeded-random.js';
import { CrashLoad } from './crash-load.fixture.js';
import { checkDevice, checkIntake, checkInvoices, checkLedger, checkPromises, checkProof, readInvoices } from './crash-oracle.fixture.js';
import { type EmbeddedProcess, killWhileStarting, newFolder, startForTest } from './embedded-process.fixture.js';
import { eventually } from './eventually.fixture.js';
import { newCustomer, newSeller, newTenant, putMeter, putPrices } from './small-tenant.fixture.js';

/** By hand: TOLLKEEPER_CRASHES=1000 TOLLKEEPER_CRASH_SEED=7. */
const crashes = Number(process.env['TOLLKEEPER_CRASHES'] ?? 32);
const seed = Number(process.env['TOLLKEEPER_CRASH_SEED'] ?? 20260101);

const devices = ['SE*TST*E1', 'SE*TST*E2', 'SE*TST*E3', 'SE*TST*E4', 'SE*TST*E5'];
const folder = newFolder('crash');
let platform: EmbeddedProcess | undefined;

afterAll(async () => {
  await platform?.kill();
  folder.remove();
});

/** Two customers whose accounts wait for the bill run, and one whose accounts close by themselves at 300 kronor. */
async function setUp(process: EmbeddedProcess): Promise<{ readonly apiKey: string; readonly entity: string }> {
  const { client, apiKey } = await newTenant(process, 'crash');
  await putMeter(client, 'energy_kwh');
  await putMeter(client, 'sms', 'count', 'SMS');
  await putPrices(client, 'trial', 'SEK', [
    { meter: 'energy_kwh', price: { model: 'graduated', tiers: [{ up_to: '100', unit_price: '2.50' }, { unit_price: '1.75' }] } },
    { meter: 'sms', price: { model: 'per_event', event_fee: '0.30' } },
  ]);
  const { entity, brand } = await newSeller(client);
  const fee = { recurring_fees: [{ code: 'service', description: 'Service', amount: '49.00', per: 'contract' }] };
  await newCustomer(client, { brand, devices: devices.slice(0, 2), priceLists: ['trial'], contract: fee });
  await newCustomer(client, { brand, devices: devices.slice(2, 4), priceLists: ['trial'] });
  await newCustomer(client, { brand, devices: devices.slice(4), priceLists: ['trial'], contract: { hold: { threshold: '300' } } });
  await client.post('/v1/clock/advance', { to: '2026-02-01T06:00:00Z' });
  return { apiKey, entity };
}

/** Everything that was begun is done: no run is under way, nothing closed waits for its invoice, no fact for its booking. */
async function quiet(process: EmbeddedProcess, apiKey: string): Promise<void> {
  const client = process.clientFor(apiKey);
  const sight = async () => {
    const { items } = await client.get<{ items: readonly { status: string }[] }>('/v1/bill-runs', { limit: 100 });
    const ledger = await client.get('/v1/trial-balance');
    const { items: newest } = await client.get<{ items: readonly { number: string }[] }>('/v1/invoices', { limit: 1 });
    return { running: items.filter(({ status }) => status === 'running').length, text: JSON.stringify([ledger, newest[0]?.number]) };
  };
  let before = await sight();
  let since = performance.now();
  await eventually(async () => {
    const now = await sight();
    if (now.text !== before.text || now.running > 0) since = performance.now();
    before = now;
    return performance.now() - since;
  }, (stillForMs) => stillForMs > 1500, 60_000);
}

describe('kill -9 under load', () => {
  it(`loses nothing and doubles nothing over ${crashes} crashes`, async () => {
    const random = new SeededRandom(seed);
    platform = await startForTest(folder.path);
    const { apiKey, entity } = await setUp(platform);
    const load = new CrashLoad(random, devices, entity);
    for (let crash = 1; crash <= crashes; crash++) {
      const running = platform;
      const work = load.run(running.clientFor(apiKey, 1), () => running.ended() !== undefined);
      await Promise.race([work, new Promise((resolve) => setTimeout(resolve, random.whole(30, 900)))]);
      expect(running.ended()).toBeUndefined();
      const { complaints } = await running.kill();
      await work;
      expect(complaints).toBe('');
      if (random.chance(0.25)) await killWhileStarting(folder.path, random.whole(300, 1200));
      platform = await startForTest(folder.path);
      await checkPromises(platform.clientFor(apiKey), load);
    }
    const client = platform.clientFor(apiKey);
    await load.finish(client);
    await quiet(platform, apiKey);
    expect([...load.refusals]).toEqual([]);
    const received = await checkIntake(client, load);
    const invoices = await readInvoices(client);
    for (const device of devices) await checkDevice(client, load, device, invoices);
    checkInvoices(invoices);
    await checkLedger(client, load, invoices);
    await checkProof(client);
    expect(load.answered.bill.length).toBeGreaterThan(0);
    expect(invoices.length).toBeGreaterThan(3);
    expect(platform.complaints()).toBe('');
    process.stderr.write(
      `crash trial: ${crashes} kills, ${received} events received, ${load.good.size} booked once, ${load.cutOff} requests cut off, ` +
        `${invoices.length} documents, ${load.answered.pay.length} payments, ${load.answered.bill.length} bill runs, ${load.answered.credit.length} credit notes\n`,
    );
  }, 600_000);
});
