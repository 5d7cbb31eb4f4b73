import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { factsV1, ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { type Entry, toRfc3339 } from '@tollkeeper/kernel';
import { factsTopic } from '@tollkeeper/nest-kit';
import type { ChainStore } from '@tollkeeper/ports';
import { deviceChain } from './actors/account-store.js';
import { dayMs, RatingWorld, tenantId, until } from './rating-world.fixture.js';

const fee = { code: 'base', description: 'Connection', amount: '31', per: 'device' };

describe('closing device accounts', () => {
  let world: RatingWorld;
  beforeEach(async () => {
    world = await RatingWorld.open();
    await world.prices();
  });
  afterEach(() => world.remove());

  const advanceTo = (instant: number) => world.ports.clocks.advance(tenantId, instant);
  const april = Date.UTC(2026, 3, 2);
  const runDue = (now: number) => world.accounts.runDue(create(tenantV1.RunDueRequestSchema, { tenantId, now: toRfc3339(now) }));

  it('closes the ended period of a customer, once, and answers the same again', async () => {
    await world.contract(['D1', 'D2'], { department: 'fleet', partnerId: 'par_1', deviceName: 'Hall' });
    await world.send([world.event(), world.event({ id: 's', meter: 'session' }), world.event({ device: 'D2' })]);
    advanceTo(april);
    await world.send([world.event({ id: 'e2', time: april - dayMs + 2 * 3_600_000 })]);
    const preview = await world.closeAccounts({ preview: true });
    expect(preview.accounts).toMatchObject([{ device: 'D1', n: 0, amount: '3' }, { device: 'D2', n: 0, amount: '1' }]);
    const reply = await world.closeAccounts();
    expect(reply.accounts).toMatchObject([{ device: 'D1', n: 4, amount: '3' }, { device: 'D2', n: 3, amount: '1' }]);
    expect(reply.accounts[0]?.lines).toMatchObject([
      { device: 'D1', deviceName: 'Hall', department: 'fleet', partnerId: 'par_1', meter: 'energy', quantity: '4', amount: '1', events: 1, unit: 'kWh', currency: 'SEK', priceText: '0.25 SEK per kWh', adjustment: false },
      { meter: 'session', quantity: '1', amount: '2' },
    ]);
    expect(await world.closeAccounts()).toEqual(reply);
    expect((await world.closeAccounts({ cause: 'run_2' })).accounts).toEqual([]);
    expect(await world.account()).toMatchObject({ balance: '1', lastClosedAt: toRfc3339(april) });
    expect(world.facts.filter(({ what }) => what.case === 'accountClosed')).toEqual([]);
  });

  it('charges late usage of a closed period as an adjustment', async () => {
    await world.contract(['D1']);
    await world.send([world.event()]);
    advanceTo(april);
    await world.closeAccounts();
    await world.send([world.event({ id: 'late', quantity: '8' })]);
    advanceTo(Date.UTC(2026, 4, 2));
    const { accounts } = await world.closeAccounts({ cause: 'run_2', until: '2026-04-30T22:00:00Z' });
    expect(accounts[0]?.lines).toMatchObject([{ adjustment: true, quantity: '8', amount: '2', periodStart: '2026-02-28T23:00:00.000Z' }]);
  });

  it('closes itself when it reaches its threshold, and tells so', async () => {
    await world.contract(['D1'], { hold: { threshold: '10' } });
    await world.send([world.event({ quantity: '39' })]);
    expect(await world.account()).toMatchObject({ balance: '9.75' });
    await world.send([world.event({ id: 'e2', quantity: '2' })]);
    expect(await world.account()).toMatchObject({ balance: '0', heldSince: '' });
    const facts = await until(() => (world.facts.length >= 2 ? world.facts : undefined));
    expect(facts.map(({ what }) => what.case)).toEqual(['accountClosed', 'thresholdReached']);
    expect(facts[0]?.what.value).toMatchObject({ device: 'D1', customerId: 'cus_1', amount: '10.25', reason: 'threshold', lines: [{ quantity: '41', amount: '10.25' }] });
    await world.send([world.event({ id: 'e3' })]);
    expect(await world.account()).toMatchObject({ balance: '1', entries: 5 });
  });

  it('holds what is not worth an invoice, until it is or has been held the longest time', async () => {
    await world.contract(['D1'], { hold: { minimum: '5', longestDays: 60 } });
    await world.send([world.event()]);
    advanceTo(april);
    expect(await world.closeAccounts()).toMatchObject({ accounts: [], held: 1, heldAmount: '1' });
    expect(await world.account()).toMatchObject({ balance: '1', heldSince: '2026-03-11T00:00:00.000Z', hold: { closesAt: '2026-05-10T00:00:00.000Z' } });
    expect((await runDue(Date.UTC(2026, 4, 9))).done).toEqual({ accounts_closed: 0 });
    advanceTo(Date.UTC(2026, 4, 12));
    expect((await runDue(Date.UTC(2026, 4, 12))).done).toEqual({ accounts_closed: 1 });
    const [fact] = await until(() => (world.facts.length > 0 ? world.facts : undefined));
    expect(fact?.what.value).toMatchObject({ reason: 'longest_time', amount: '1', lines: [{ adjustment: false }] });
    expect((await runDue(Date.UTC(2026, 4, 12))).done).toEqual({ accounts_closed: 0 });
  });

  it('closes below the minimum when all is asked for', async () => {
    await world.contract(['D1'], { hold: { minimum: '5' } });
    await world.send([world.event()]);
    advanceTo(april);
    expect((await world.closeAccounts({ all: true })).accounts).toMatchObject([{ amount: '1' }]);
  });

  it('charges recurring fees for each ended period, and by the day where the contract begins inside one', async () => {
    await world.contract(['D1'], { recurringFees: [fee], startDate: '2026-01-11' });
    advanceTo(april);
    const { accounts } = await world.closeAccounts();
    expect(accounts[0]?.lines).toMatchObject([
      { fee: 'base', description: 'Connection', amount: '21', quantity: '0.677419354839', periodStart: '2025-12-31T23:00:00.000Z' },
      { fee: 'base', amount: '31', quantity: '1' },
      { fee: 'base', amount: '31', quantity: '1' },
    ]);
    expect((await world.closeAccounts({ cause: 'run_2' })).accounts).toEqual([]);
  });

  it('closes for the old customer before the device goes to another one, and takes each contract version once', async () => {
    await world.contract(['D1']);
    await world.send([world.event()]);
    await world.contract(['D1'], { customerId: 'cus_2', contractId: 'con_2' });
    const [fact] = await until(() => (world.facts.length > 0 ? world.facts : undefined));
    expect(fact?.what.value).toMatchObject({ customerId: 'cus_1', amount: '1', reason: 'final' });
    await world.contract(['D1'], { customerId: 'cus_2', contractId: 'con_2' });
    expect(await world.account()).toMatchObject({ customerId: 'cus_2', balance: '0', entries: 4 });
    const list = await world.accounts.listDeviceAccounts(create(tenantV1.ListRequestSchema, { tenantId, customerId: 'cus_2' }));
    expect(list.items).toMatchObject([{ device: 'D1' }]);
  });
});

describe('blocks and proofs', () => {
  let world: RatingWorld;
  beforeEach(async () => {
    world = await RatingWorld.open();
    await world.prices();
    await world.contract(['D1']);
  });
  afterEach(() => world.remove());

  const entitlement = () => world.accounts.getEntitlement(create(tenantV1.GetRequestSchema, { tenantId, id: 'D1' }));

  it('blocks and unblocks a device, once each, by request and by fact', async () => {
    const request = create(ratingV1.SetBlockRequestSchema, { tenantId, cause: 'dun_1', device: 'D1', blocked: true, reason: 'overdue' });
    expect(await world.accounts.setBlock(request)).toMatchObject({ entitled: false, status: 'blocked', reason: 'overdue' });
    await world.accounts.setBlock(request);
    const what = { case: 'deviceUnblockRequested', value: { device: 'D1', customerId: 'cus_1', reason: 'paid' } } as const;
    const fact = create(factsV1.FactSchema, { id: 'evt_1', tenantId, what });
    await world.ports.bus.publish(factsTopic, 0, [{ id: 'evt_1', value: fact }, { id: 'evt_1', value: fact }]);
    for (let tries = 0; !(await entitlement()).entitled && tries < 200; tries++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await entitlement()).toMatchObject({ entitled: true, status: 'active' });
    expect(await world.account()).toMatchObject({ entries: 3, status: 'active' });
    await until(() => (world.facts.filter(({ what: { case: name } }) => name === 'deviceBlocked' || name === 'deviceUnblocked').length === 2 ? true : undefined));
  });

  it('leave a device open when its unblocking overtakes its block, as between two consumers', async () => {
    const chain = 'customer/ten_x/cus_1/EUR';
    const told = (id: string, n: number, name: 'deviceBlockRequested' | 'deviceUnblockRequested') => ({
      id,
      value: create(factsV1.FactSchema, { id, tenantId, chain, n, what: { case: name, value: { device: 'D1', customerId: 'cus_1', reason: 'overdue' } } }),
    });
    await world.ports.bus.publish(factsTopic, 0, [told('evt_2', 7, 'deviceUnblockRequested'), told('evt_1', 6, 'deviceBlockRequested'), told('evt_3', 8, 'deviceBlockRequested')]);
    await until(async () => ((await entitlement()).entitled ? undefined : true));
    await world.ports.bus.publish(factsTopic, 0, [told('evt_4', 9, 'deviceUnblockRequested')]);
    await until(async () => ((await entitlement()).entitled ? true : undefined));
    const kinds = (await world.ports.chains.read(deviceChain(tenantId, 'D1'), 2, 9, 10)).map(({ kind }) => kind);
    expect(kinds).toEqual(['block_noted', 'blocked', 'unblocked']);
  });

  it('answers foreign and absent devices alike', async () => {
    const foreign = { tenantId: 'ten_00000000000000000000000002', id: 'D1' };
    const message = 'There is no account of such a device.';
    await expect(world.accounts.getDeviceAccount(create(tenantV1.GetRequestSchema, foreign))).rejects.toThrow(message);
    await expect(world.accounts.getEntitlement(create(tenantV1.GetRequestSchema, { tenantId, id: 'D7' }))).rejects.toThrow(message);
  });

  it('shows entries newest first, with the events of pages', async () => {
    await world.send([world.event()], 'rcp_x');
    const list = (cursor: string) => world.accounts.listAccountEntries(create(ratingV1.ListAccountEntriesRequestSchema, { tenantId, device: 'D1', limit: 1, cursor, withBody: true }));
    const first = await list('');
    expect(first.items).toMatchObject([{ n: 2, kind: 'usage_posted', events: 1, charges: [{ amount: '1', unit: 'kWh' }] }]);
    expect(JSON.parse(first.items[0]?.body ?? '')).toMatchObject({ events: [{ id: 'e1', time: '2026-03-06T00:00:00.000Z', receipt_id: 'rcp_x' }] });
    const second = await list(first.nextCursor);
    expect(second).toMatchObject({ items: [{ n: 1, kind: 'terms_set' }], nextCursor: '' });
  });

  it('finds an entry that was tampered with', async () => {
    await world.send([world.event()]);
    const { folder } = world;
    await world.close();
    const forge = (entry: Entry): Entry => (entry.kind === 'usage_posted' ? { ...entry, state: entry.state.map((byte, i) => (i === entry.state.length - 2 ? byte ^ 1 : byte)) } : entry);
    const tampered = (chains: ChainStore): ChainStore =>
      new Proxy(chains, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (name === 'read') return async (...range: Parameters<ChainStore['read']>) => (await target.read(...range)).map(forge);
          return typeof member === 'function' ? member.bind(target) : member;
        },
      });
    world = await RatingWorld.open({ chains: tampered }, folder);
    const request = create(ratingV1.VerifyRequestSchema, { tenantId });
    expect((await world.proof.verifyChains(request)).faults).toMatchObject([{ n: 2, what: 'edited', chain: `device/${tenantId}/D1` }]);
    expect((await world.proof.verifyRerating(request)).faults).toMatchObject([{ n: 2, what: 'edited' }]);
  });

  it('refuses a price list that is wrong, naming the member, and a meter that would count in another way', async () => {
    const priceList = { code: 'x', name: 'X', currency: 'SEK', versions: [{ prices: [{ meter: 'gas', price: { model: 'per_unit', unitPrice: '1' } }] }] };
    const put = world.catalogue.putPriceList(create(ratingV1.PutPriceListRequestSchema, { tenantId, cause: 'p', priceList }));
    await expect(put).rejects.toMatchObject({ code: 'invalid_request', extra: { param: 'versions[0].prices[0].meter' } });
    const meter = world.catalogue.putMeter(create(ratingV1.PutMeterRequestSchema, { tenantId, cause: 'm', meter: { code: 'energy', aggregation: 'max' } }));
    await expect(meter).rejects.toMatchObject({ code: 'conflict' });
    expect((await world.catalogue.listMeters(create(tenantV1.ListRequestSchema, { tenantId }))).items.map(({ code }) => code)).toEqual(['energy', 'session']);
  });
});
