import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import { anna, openShop, svc, TenantWorld } from '../tenant-world.fixture.js';

let world: TenantWorld;
let tenantId: string;
let customerId: string;
beforeEach(async () => {
  world = await TenantWorld.open();
  const shop = await openShop(world);
  tenantId = shop.tenantId;
  customerId = (await world.ask(svc.createCustomer, { tenantId, cause: 'anna', customer: { ...anna, brandId: shop.brand.id } }))
    .id;
});
afterEach(() => world.close());

const register = (references: readonly string[], more: object = {}, cause = world.cause()) =>
  world.ask(svc.createDevices, { tenantId, cause, devices: references.map((reference) => ({ reference, ...more })) });
const put = (contract: object, cause = world.cause()) =>
  world.ask(svc.putContract, {
    tenantId,
    cause,
    contract: { ...('id' in contract ? {} : { customerId, priceLists: ['standard'] }), ...contract },
  });

describe('devices', () => {
  it('are registered in bulk, each on its own, and a repeated request registers none twice', async () => {
    await register(['taken']);
    const request = {
      tenantId,
      cause: 'bulk',
      devices: [
        { reference: 'SE*NGD*E1*1', name: 'North 1', kind: 'charge_point', customerId, tags: { site: 'north' } },
        { reference: 'taken' },
        { reference: '' },
        { reference: 'SE*NGD*E1*1' },
        { reference: 'lost', customerId: 'cus_nobody' },
        { reference: '89/46 ö', department: 'N', customerId },
      ],
    };
    const list = await world.ask(svc.createDevices, request);
    expect(list.items).toMatchObject([{ reference: 'SE*NGD*E1*1', kind: 'charge_point', tags: { site: 'north' } }]);
    expect(list.refused.map(({ index, code, param }) => [index, code, param])).toEqual([
      [1, 'conflict', 'reference'],
      [2, 'invalid_request', 'reference'],
      [3, 'invalid_request', 'reference'],
      [4, 'invalid_request', 'customer_id'],
      [5, 'invalid_request', 'department'],
    ]);
    await world.restart();
    expect(await world.ask(svc.createDevices, request)).toEqual(list);
  });

  it('have a reference of their own for ever, and another tenant may use the same', async () => {
    const [a, b] = await Promise.all([register(['dev']), register(['dev'])]);
    expect([a.items.length + b.items.length, a.refused.length + b.refused.length]).toEqual([1, 1]);
    const other = await openShop(world);
    expect(
      (await world.ask(svc.createDevices, { tenantId: other.tenantId, cause: 'o', devices: [{ reference: 'dev' }] })).items,
    ).toHaveLength(1);
  });

  it('are found by reference and by id, in their own tenant only', async () => {
    const { items } = await register(['SE/1']);
    const device = items[0];
    expect(await world.ask(svc.getDevice, { tenantId, id: 'SE/1' })).toEqual(device);
    expect(await world.ask(svc.getDevice, { tenantId, id: device?.id })).toEqual(device);
    const other = await openShop(world);
    for (const id of ['SE/1', device?.id, ''])
      expect(await world.refusal(svc.getDevice, { tenantId: other.tenantId, id })).toMatchObject({ code: 'not_found' });
  });

  it('are at most 1,000 in one request, and that many come under a contract in few requests to rating', async () => {
    expect(
      await world.refusal(svc.createDevices, {
        tenantId,
        cause: 'x',
        devices: Array.from({ length: 1_001 }, () => ({ reference: 'a' })),
      }),
    ).toMatchObject({ extra: { param: 'devices' } });
    const { id } = await put({});
    const { items } = await register(
      Array.from({ length: 1_000 }, (_, i) => `d${i}`),
      { contractId: id },
    );
    expect(items).toHaveLength(1_000);
    expect(world.neighbours.accounts.size).toBe(1_000);
    expect(world.neighbours.applied.length).toBeLessThan(20);
    expect(Math.max(...world.neighbours.applied.map(({ devices }) => devices.length))).toBeLessThanOrEqual(500);
  });
});

describe('a contract', () => {
  it('takes currency and time zone from who sells, and opens the accounts of its devices before it answers', async () => {
    await register(['a', 'b']);
    const contract = await put({
      devices: ['a', 'b'],
      recurringFees: [
        { code: 'fee', amount: '49.00' },
        { code: 'once', amount: '9', per: 'contract' },
      ],
      hold: { threshold: '500', minimum: '50', longestDays: 90 },
    });
    expect(contract).toMatchObject({
      currency: 'SEK',
      timeZone: 'Europe/Stockholm',
      period: 'monthly',
      anchorDay: 1,
      version: 1,
      devices: ['a', 'b'],
    });
    expect([...world.neighbours.accounts.keys()].sort()).toEqual(['a', 'b']);
    expect(world.neighbours.accounts.get('a')).toMatchObject({
      customerId,
      contractId: contract.id,
      contractVersion: 1,
      recurringFees: [{ code: 'fee', amount: '49.00' }],
      hold: { threshold: '500', minimum: '50', longestDays: 90 },
      priceLists: ['standard'],
    });
    expect(
      (await world.ask(svc.listDevices, { tenantId, contractId: contract.id })).items.map(({ reference }) => reference).sort(),
    ).toEqual(['a', 'b']);
    expect(await world.ask(svc.getContract, { tenantId, id: contract.id })).toEqual({ ...contract, devices: [] });
  });

  it('is amended by version: what is left empty stays, and all its devices hear of new terms', async () => {
    await register(['a', 'b', 'c']);
    const { id } = await put({ devices: ['a'], recurringFees: [{ code: 'fee', amount: '49' }], endDate: '2099-01-01' });
    const amended = await put({ id, devices: ['b'], priceLists: ['fleet', 'standard'], clear: ['end_date'] }, 'amend');
    expect(amended).toMatchObject({
      version: 2,
      priceLists: ['fleet', 'standard'],
      recurringFees: [{ code: 'fee', amount: '49' }],
      endDate: '',
      devices: ['b'],
    });
    expect(['a', 'b'].map((reference) => world.neighbours.accounts.get(reference)?.contractVersion)).toEqual([2, 2]);
    const asked = world.neighbours.applied.length;
    expect(await put({ id, devices: ['c'] })).toMatchObject({ version: 3 });
    expect(world.neighbours.applied.slice(asked).flatMap(({ devices }) => devices.map(({ reference }) => reference))).toEqual([
      'c',
    ]);
    expect(await put({ id, devices: ['b'], priceLists: ['fleet', 'standard'], clear: ['end_date'] }, 'amend')).toEqual(amended);
  });

  it('is not in force, and says so, while rating cannot be reached; the same request then puts it in force', async () => {
    await register(['a']);
    world.neighbours.before = () => {
      throw new Problem('unavailable', 'Rating rests.');
    };
    await expect(put({ devices: ['a'], priceLists: ['standard'] }, 'c')).rejects.toMatchObject({ code: 'unavailable' });
    world.neighbours.before = (asked) => {
      if (asked === 'applyContract') throw new Problem('unavailable', 'Rating rests.');
    };
    const refused = await put({ devices: ['a'] }, 'c').catch((problem: unknown) => problem);
    expect(refused).toMatchObject({ code: 'unavailable', detail: expect.stringContaining('saved, but not in force yet') });
    world.neighbours.before = () => undefined;
    expect(await put({ devices: ['a'] }, 'c')).toMatchObject({ version: 1 });
    expect(world.neighbours.accounts.has('a')).toBe(true);
  });

  it('is put in force by the sweeper when nobody asks again', async () => {
    await register(['a']);
    world.neighbours.before = (asked) => {
      if (asked === 'applyContract') throw new Error('out of order');
    };
    await expect(put({ devices: ['a'] })).rejects.toMatchObject({ code: 'unavailable' });
    world.neighbours.before = () => undefined;
    await world.restart();
    expect(world.neighbours.accounts.get('a')).toMatchObject({ customerId, contractVersion: 1 });
  });

  it('keeps a device from a second contract until the first has ended', async () => {
    await register(['a']);
    const first = await put({ devices: ['a'], startDate: '2026-01-01' });
    await expect(put({ devices: ['a'] })).rejects.toMatchObject({ code: 'conflict', extra: { param: 'devices[0]' } });
    await put({ id: first.id, endDate: '2026-06-01' });
    const second = await put({ devices: ['a'], startDate: '2026-06-01' });
    expect(await world.ask(svc.getDevice, { tenantId, id: 'a' })).toMatchObject({ contractId: second.id });
  });

  it('gives a device that two contracts want at once to one of them, and tells the other', async () => {
    await register(['a']);
    const answers = await Promise.all(
      [1, 2].map(() =>
        put({ devices: ['a'] }).then(
          () => 'ok',
          (problem: Problem) => problem.code,
        ),
      ),
    );
    expect(answers.sort()).toEqual(['conflict', 'ok']);
  });

  it.each([
    [{ customerId: 'cus_nobody' }, 'customer_id'],
    [{ currency: 'EUR' }, 'currency'],
    [{ timeZone: 'Mars/Olympus' }, 'time_zone'],
    [{ period: 'hourly' }, 'period'],
    [{ anchorDay: 32 }, 'anchor_day'],
    [{ priceLists: [] }, 'price_lists'],
    [{ priceLists: ['standard', 'unknown'] }, 'price_lists[1]'],
    [{ priceLists: ['euro'] }, 'price_lists[0]'],
    [{ devices: ['nobody'] }, 'devices[0]'],
    [{ startDate: '2026-02-30' }, 'start_date'],
    [{ startDate: '2026-02-01', endDate: '2026-02-01' }, 'end_date'],
    [{ hold: { threshold: '1e3' } }, 'hold.threshold'],
    [{ hold: { threshold: '10', minimum: '20' } }, 'hold.minimum'],
    [{ hold: { minimum: '-1' } }, 'hold.minimum'],
    [{ recurringFees: [{ code: 'a', amount: '1,50' }] }, 'recurring_fees[0].amount'],
  ])('is refused with %p', async (contract, param) => {
    await expect(put(contract)).rejects.toMatchObject({ code: 'invalid_request', extra: { param } });
    expect((await world.ask(svc.listContracts, { tenantId })).items).toEqual([]);
  });

  it('of another tenant can be neither read nor amended', async () => {
    const { id } = await put({});
    const other = await openShop(world);
    expect(await world.refusal(svc.getContract, { tenantId: other.tenantId, id })).toMatchObject({ code: 'not_found' });
    expect(await world.refusal(svc.putContract, { tenantId: other.tenantId, cause: 'x', contract: { id } })).toMatchObject({
      code: 'not_found',
    });
  });
});
