import { create } from '@bufbuild/protobuf';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import { ratingV1 } from '@tollkeeper/contracts';
import { type ChainStore, StoreUnavailable } from '@tollkeeper/ports';
import { CatalogueController } from './catalogue.controller.js';
import { bookContract } from './actors/device-account.contract.js';
import { RatingCore } from './rating.core.js';
import { dayMs, march, RatingWorld, tenantId, until } from './rating-world.fixture.js';

const rerate = (world: RatingWorld) => world.proof.verifyRerating(create(ratingV1.VerifyRequestSchema, { tenantId }));

describe('booking usage', () => {
  let world: RatingWorld;
  beforeEach(async () => {
    world = await RatingWorld.open();
    await world.prices();
    await world.contract(['D1', 'D2']);
  });
  afterEach(() => world.remove());

  it('books events in pages, charges them and tells ingestion', async () => {
    expect(await world.send([world.event(), world.event({ id: 'e2', quantity: '2.5' }), world.event({ id: 'e3', device: 'D2', meter: 'session' })])).toBe(
      '3 booked, 0 duplicate, 0 quarantined',
    );
    const account = await world.account();
    expect(account).toMatchObject({ balance: '1.625', pages: 1, entries: 2, currency: 'SEK', status: 'active' });
    expect(account.usage).toMatchObject([{ meter: 'energy', quantity: '6.5', events: 2, amount: '1.625', unit: 'kWh', periodStart: '2026-02-28T23:00:00.000Z' }]);
    expect((await world.account('D2')).balance).toBe('2');
    expect(world.outcomes[0]).toMatchObject({ day: '2026-03-11', part: 'p0' });
  });

  it('counts the same reading again as a duplicate, in the same batch, later, and after a restart', async () => {
    expect(await world.send([world.event(), world.event()])).toBe('1 booked, 1 duplicate, 0 quarantined');
    expect(await world.send([world.event()])).toBe('0 booked, 1 duplicate, 0 quarantined');
    for (let i = 0; i < 3; i++) await world.send([world.event({ id: `f${i}` })]);
    const { folder } = world;
    await world.close();
    world = await RatingWorld.open({}, folder);
    expect(await world.send([world.event(), world.event({ id: 'f1' }), world.event({ id: 'f9' })], 'rcp_later')).toBe('1 booked, 2 duplicate, 0 quarantined');
    expect((await world.account()).balance).toBe('5');
  });

  it('puts the same id with other content into the quarantine, a changed time too', async () => {
    await world.send([world.event()]);
    expect(await world.send([world.event({ quantity: '5' }), world.event({ time: march + 6 * dayMs })])).toBe('0 booked, 0 duplicate, 2 quarantined');
    const [first, second] = world.outcomes[1]?.refused ?? [];
    expect(first).toMatchObject({ reason: 'conflict', param: 'id', event: { quantity: '5' } });
    expect(first?.detail).toContain('quantity "4" then, "5" now');
    expect(second?.detail).toContain('time 2026-03-06T00:00:00.000Z then, 2026-03-07T00:00:00.000Z now');
    expect((await world.account()).balance).toBe('1');
  });

  it('judges each event by the account, not by a refused neighbour of the same page', async () => {
    await world.send([world.event()]);
    const changed = world.event({ quantity: '5' });
    expect(await world.send([changed, world.event(), changed, world.event()])).toBe('0 booked, 2 duplicate, 2 quarantined');
    const mended = [world.event({ id: 'm', quantity: '1e3' }), world.event({ id: 'm', quantity: '2' }), world.event({ id: 'm', quantity: '2' }), world.event({ id: 'm', quantity: '3' })];
    expect(await world.send(mended)).toBe('1 booked, 1 duplicate, 2 quarantined');
    expect((await world.account()).balance).toBe('1.5');
    expect(await rerate(world)).toMatchObject({ faults: [] });
  });

  it('refuses nothing for want of a price that another process has just put', async () => {
    await world.contract(['D3'], { priceLists: ['fleet'], contractId: 'con_3' });
    expect(await world.send([world.event({ device: 'D3' })])).toBe('0 booked, 0 duplicate, 1 quarantined');
    const other = new RatingCore({ ...world.ports, actors: new LocalActorHost() }, { usagePartitions: 2 });
    await world.prices({ list: 'fleet', cause: 'other', catalogue: new CatalogueController(other) });
    expect(await world.send([world.event({ device: 'D3', id: 'e2' }), world.event({ device: 'D3', id: 'e3', meter: 'none' })])).toBe('1 booked, 0 duplicate, 1 quarantined');
  });

  it('counts a batch that is delivered twice as booked both times, and charges it once', async () => {
    await world.send([world.event(), world.event({ id: 'e2' })], 'rcp_same');
    expect(await world.send([world.event(), world.event({ id: 'e2' })], 'rcp_same')).toBe('2 booked, 0 duplicate, 0 quarantined');
    expect((await world.account()).balance).toBe('2');
  });

  it('refuses what it cannot book, and says how to mend it', async () => {
    const events = [
      world.event({ device: 'D9' }),
      world.event({ meter: 'gas' }),
      world.event({ id: 'e2', time: march - 40 * dayMs }),
      world.event({ id: 'e3', time: march + 12 * dayMs }),
      world.event({ id: 'e4', quantity: '1e3' }),
    ];
    expect(await world.send(events)).toBe('0 booked, 0 duplicate, 5 quarantined');
    const refused = [...(world.outcomes[0]?.refused ?? [])].sort((a, b) => a.ordinal - b.ordinal);
    expect(refused.map(({ reason }) => reason)).toEqual(['unknown_device', 'unknown_meter', 'too_late', 'too_early', 'invalid_event']);
    expect(refused.map(({ param }) => param)).toEqual(['device', 'meter', 'time', 'time', 'quantity']);
    expect(refused[0]?.detail).toContain('"D9"');
    await world.contract(['D9']);
    expect(await world.send([world.event({ device: 'D9' })])).toBe('1 booked, 0 duplicate, 0 quarantined');
  });

  it('finds a late or repeated event among hundreds of pages, with counted and with random ids', async () => {
    const random = (i: number) => `${((i * 2654435761) >>> 0).toString(16)}-${i}`;
    for (let i = 0; i < 140; i++) {
      const pages = [world.event({ id: `a${1000 + i}` }), world.event({ id: random(i), device: 'D2' })];
      await world.publish(pages);
      await world.core.usage.settle(tenantId);
      if (i % 20 === 0) await until(() => world.outcomes.length > i - 5);
    }
    await until(() => world.outcomes.length === 140);
    await world.account();
    const { folder } = world;
    await world.close();
    world = await RatingWorld.open({}, folder);
    const again = [3, 64, 65, 100, 139].flatMap((i) => [world.event({ id: `a${1000 + i}` }), world.event({ id: random(i), device: 'D2' })]);
    expect(await world.send([...again, world.event({ id: 'a0' }), world.event({ id: 'zz', device: 'D2' })], 'rcp_again')).toBe(
      '2 booked, 10 duplicate, 0 quarantined',
    );
    expect(await rerate(world)).toMatchObject({ faults: [], accounts: 2 });
  }, 30_000);

  it('prices every page again to the same bytes, whatever the catalogue says today', async () => {
    await world.send([world.event(), world.event({ id: 'e2', meter: 'session' })]);
    await world.prices({ unitPrice: '0.5', effectiveFrom: '2026-03-06T00:00:00Z' });
    await world.send([world.event({ id: 'e3', time: march + 7 * dayMs }), world.event({ id: 'e4' })]);
    expect((await world.account()).balance).toBe('7');
    expect(await rerate(world)).toMatchObject({ accounts: 2, pages: 2, events: 4, faults: [] });
  });
});

describe('booking through trouble', () => {
  const failing = (chains: ChainStore, plan: (call: number) => 'before' | 'after' | undefined): ChainStore => {
    let calls = 0;
    return new Proxy(chains, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name);
        if (name !== 'append') return typeof member === 'function' ? member.bind(target) : member;
        return async (requests: Parameters<ChainStore['append']>[0]) => {
          const isPage = requests.some(({ entry }) => entry.kind === 'usage_posted');
          const fault = isPage ? plan(calls++) : undefined;
          if (fault === 'before') throw new StoreUnavailable('planned: before');
          const outcomes = await target.append(requests);
          if (fault === 'after') throw new StoreUnavailable('planned: the reply is lost');
          return outcomes;
        };
      },
    });
  };

  it('loses nothing and books nothing twice when the store fails before or after it wrote', async () => {
    const world = await RatingWorld.open({ chains: (chains) => failing(chains, (call) => (call === 0 ? 'before' : call === 1 ? 'after' : undefined)) });
    await world.prices();
    await world.contract(['D1']);
    expect(await world.send([world.event(), world.event({ id: 'e2' })])).toBe('2 booked, 0 duplicate, 0 quarantined');
    expect(await world.account()).toMatchObject({ balance: '2', pages: 1 });
    await world.remove();
  });

  it('recognises after a crash what it had booked and not acknowledged', async () => {
    let world = await RatingWorld.open({
      bus: (bus) => new Proxy(bus, {
        get(target, name) {
          const member: unknown = Reflect.get(target, name);
          if (name === 'publish') {
            return (topic: { name: string }, ...rest: [number, []]) =>
              topic.name === 'intake' ? Promise.reject(new Error('planned: no outcomes')) : target.publish(topic as never, ...rest);
          }
          return typeof member === 'function' ? member.bind(target) : member;
        },
      }),
    });
    await world.prices();
    await world.contract(['D1']);
    const receipt = await world.publish([world.event(), world.event({ id: 'e2' })]);
    let pages = 0;
    for (let tries = 0; pages === 0 && tries < 200; tries++) {
      pages = (await world.account()).pages;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const { folder } = world;
    await world.close();
    world = await RatingWorld.open({}, folder);
    const outcome = await until(() => world.outcomes.find((one) => one.receiptId === receipt));
    expect(outcome.counts).toMatchObject([{ meter: 'energy', booked: 2, duplicate: 0, quarantined: 0 }]);
    expect(await world.account()).toMatchObject({ balance: '2', pages: 1 });
    await world.remove();
  });

  it('stays right when the same account is active twice', async () => {
    const world = await RatingWorld.open();
    await world.prices();
    await world.contract(['D1']);
    const twins = [0, 1].map(() => {
      const actors = new LocalActorHost();
      void new RatingCore({ ...world.ports, actors }, { usagePartitions: 2 });
      return actors;
    });
    const page = (from: number) =>
      Array.from({ length: 4 }, (__, i) => {
        const { device: _device, ...event } = world.event({ id: `e${10 + from + i}` });
        return { ...event, receiptId: `rcp_${from}`, ordinal: i };
      });
    // Each twin gets every page; half of each page overlaps the next one.
    const calls = Array.from({ length: 20 }, (_, i) => page(i * 2));
    const run = (t: number) => calls.map((events) => twins[t]?.callMany(bookContract, [{ id: `${tenantId}/D1`, input: { tenantId, device: 'D1', receivedMs: march + 5 * dayMs, events } }]));
    const replies = (await Promise.all([...run(0), ...run(1)])).flat();
    expect(replies.every((reply) => reply?.status === 'done')).toBe(true);
    expect((await world.account()).usage).toMatchObject([{ events: 42, quantity: '168' }]);
    const verified = await world.proof.verifyChains(create(ratingV1.VerifyRequestSchema, { tenantId }));
    expect(verified.faults).toEqual([]);
    expect((await rerate(world)).faults).toEqual([]);
    await world.remove();
  });
});
