import { describe, expect, it } from '@jest/globals';
import { usageTopic } from '@tollkeeper/nest-kit';
import { RatingWorld, summary, tenantId, until } from './rating-world.fixture.js';

describe('the usage consumer', () => {
  it('books and tells everything it took before it stops', async () => {
    let world = await RatingWorld.open({ rating: { pageMs: 60_000 } });
    await world.prices();
    await world.contract(['D1']);
    const receipt = await world.publish([world.event()]);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(world.outcomes).toEqual([]);
    const { folder, outcomes } = world;
    await world.close();
    world = await RatingWorld.open({}, folder);
    const outcome = await until(() => [...outcomes, ...world.outcomes].find(({ receiptId }) => receiptId === receipt));
    expect(summary(outcome)).toBe('1 booked, 0 duplicate, 0 quarantined');
    expect(await world.account()).toMatchObject({ pages: 1, balance: '1' });
    await world.remove();
  });

  it('holds no more events than it may, and books them all', async () => {
    const world = await RatingWorld.open({ rating: { pageMs: 60_000, book: { maxOpenEvents: 40, pageEvents: 16 } } });
    await world.prices();
    const devices = Array.from({ length: 30 }, (_, i) => `D${i}`);
    await world.contract(devices);
    const receipts = await Promise.all(
      Array.from({ length: 20 }, (_, batch) => world.publish(devices.map((device) => world.event({ device, id: `b${100 + batch}` })))),
    );
    await world.core.usage.settle(tenantId);
    for (let tries = 0; world.outcomes.length < receipts.length && tries < 500; tries++) {
      await world.core.usage.settle(tenantId);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect(world.outcomes.map(summary)).toEqual(receipts.map(() => '30 booked, 0 duplicate, 0 quarantined'));
    expect((await world.account('D7')).balance).toBe('20');
    await world.remove();
  });

  it('books a page at once when it is full, and when somebody asks for the account', async () => {
    const world = await RatingWorld.open({ rating: { pageMs: 60_000, book: { pageEvents: 2 } } });
    await world.prices();
    await world.contract(['D1']);
    expect(await world.send([world.event(), world.event({ id: 'e2' })])).toBe('2 booked, 0 duplicate, 0 quarantined');
    await world.publish([world.event({ id: 'e3' })]);
    for (let tries = 0; (await world.account()).balance !== '3' && tries < 100; tries++) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await world.account()).toMatchObject({ balance: '3', pages: 2 });
    await world.remove();
  });

  it('passes over a batch that cannot be read, and goes on', async () => {
    const world = await RatingWorld.open();
    await world.prices();
    await world.contract(['D1']);
    const { folder } = world;
    await world.core.beforeApplicationShutdown();
    const raw = { ...usageTopic(2), encode: () => Uint8Array.of(0x0a, 0xff, 0xff), decode: () => ({}) };
    await world.ports.bus.publish(raw, 0, [{ id: 'poison', value: {} }]);
    await world.publish([world.event()], 'rcp_behind');
    await world.close();
    const next = await RatingWorld.open({}, folder);
    const outcome = await until(() => next.outcomes.find(({ receiptId }) => receiptId === 'rcp_behind'));
    expect(summary(outcome)).toBe('1 booked, 0 duplicate, 0 quarantined');
    await next.remove();
  });
});
