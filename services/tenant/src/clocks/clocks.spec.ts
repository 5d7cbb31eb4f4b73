import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import { openShop, svc, TenantWorld } from '../tenant-world.fixture.js';
import { clockSteps } from './clock-steps.js';

let world: TenantWorld;
beforeEach(async () => {
  world = await TenantWorld.open();
});
afterEach(() => world.close());

const start = '2026-01-30T08:00:00.000Z';
const sandbox = async () => (await openShop(world, { mode: 'sandbox', clockStart: start })).tenantId;
const advance = (tenantId: string, to: string, cause = world.cause()) => world.ask(svc.advanceClock, { tenantId, cause, to });

describe('the test clock of a sandbox', () => {
  it('begins where the tenant says, is everybody’s present moment, and stays so over a restart', async () => {
    const tenantId = await sandbox();
    expect(await world.ask(svc.getClock, { tenantId })).toMatchObject({ tenantId, now: start });
    expect(world.ports.clocks.now(tenantId)).toBe(Date.parse(start));
    await advance(tenantId, '2026-01-31T00:00:00Z');
    await world.restart();
    expect(world.ports.clocks.now(tenantId)).toBe(Date.parse('2026-01-31T00:00:00Z'));
    expect((await world.ask(svc.listTestClocks, {})).items).toMatchObject([{ tenantId, now: '2026-01-31T00:00:00.000Z' }]);
  });

  it('goes forward a day at a time, and at each step asks every service, in order, for what is due', async () => {
    const tenantId = await sandbox();
    const clock = await advance(tenantId, '2026-02-01T12:00:00Z');
    expect(clock).toMatchObject({
      now: '2026-02-01T12:00:00.000Z',
      done: { rating_runs: 3, invoicing_runs: 3, receivables_runs: 3, commissions_runs: 3 },
    });
    expect(world.neighbours.ranDue).toEqual(
      ['2026-01-31T00:00:00.000Z', '2026-02-01T00:00:00.000Z', '2026-02-01T12:00:00.000Z'].flatMap((day) =>
        ['rating', 'invoicing', 'receivables', 'commissions'].map((who) => `${who} ${day}`),
      ),
    );
  });

  it('gives the same request the same answer, without going anywhere', async () => {
    const tenantId = await sandbox();
    await advance(tenantId, '2026-02-01T00:00:00Z', 'once');
    await advance(tenantId, '2026-02-03T00:00:00Z');
    const asked = world.neighbours.ranDue.length;
    expect(await advance(tenantId, '2026-02-01T00:00:00Z', 'once')).toMatchObject({ now: '2026-02-01T00:00:00.000Z' });
    expect(world.neighbours.ranDue).toHaveLength(asked);
  });

  it('stops where a service fails, and goes on from there when asked again', async () => {
    const tenantId = await sandbox();
    world.neighbours.before = (asked) => {
      if (asked === 'invoicing 2026-02-01T00:00:00.000Z') throw new Problem('unavailable', 'Invoicing rests.');
    };
    await expect(advance(tenantId, '2026-02-02T00:00:00Z', 'on')).rejects.toMatchObject({ code: 'unavailable' });
    expect(await world.ask(svc.getClock, { tenantId })).toMatchObject({ now: '2026-02-01T00:00:00.000Z' });
    world.neighbours.before = () => undefined;
    await advance(tenantId, '2026-02-02T00:00:00Z', 'on');
    expect(world.neighbours.ranDue.filter((asked) => asked.startsWith('commissions'))).toEqual(
      ['01-31', '02-01', '02-02'].map((day) => `commissions 2026-${day}T00:00:00.000Z`),
    );
  });

  it('finishes after a restart what a crash cut off', async () => {
    const tenantId = await sandbox();
    world.neighbours.before = () => {
      throw new Error('power cut');
    };
    await expect(advance(tenantId, '2026-02-02T00:00:00Z')).rejects.toThrow();
    world.neighbours.before = () => undefined;
    await world.restart();
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await world.ask(svc.getClock, { tenantId })).toMatchObject({ now: '2026-02-02T00:00:00.000Z' });
    expect(world.neighbours.ranDue.at(-1)).toBe('commissions 2026-02-02T00:00:00.000Z');
  });

  it.each([
    ['2026-01-30T08:00:00Z', 'only goes forward'],
    ['2025-01-30T08:00:00Z', 'only goes forward'],
    ['2027-06-01T00:00:00Z', 'at most 400 days'],
    ['soon', 'not a time'],
  ])('does not go to %s', async (to, why) => {
    const tenantId = await sandbox();
    await expect(advance(tenantId, to)).rejects.toMatchObject({
      code: 'invalid_request',
      detail: expect.stringContaining(why),
      extra: { param: 'to' },
    });
  });

  it('is not had by a live tenant', async () => {
    const { tenantId } = await openShop(world);
    await expect(advance(tenantId, '2030-01-01T00:00:00Z')).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.refusal(svc.getClock, { tenantId: 'ten_none' })).toMatchObject({ code: 'not_found' });
  });

  it('advances for two requests one after the other', async () => {
    const tenantId = await sandbox();
    await Promise.all([advance(tenantId, '2026-02-01T00:00:00Z'), advance(tenantId, '2026-02-03T00:00:00Z')]);
    expect(world.neighbours.ranDue.map((asked) => asked.split(' ')[1])).toEqual(
      [...world.neighbours.ranDue.map((asked) => asked.split(' ')[1])].sort(),
    );
  });
});

it('asks for what is due for live tenants each minute, never twice at once, and a failing tenant holds up no other', async () => {
  const [a, b] = [await openShop(world), await openShop(world)];
  await sandbox();
  let fail = true;
  world.neighbours.before = () => {
    if (fail) {
      fail = false;
      throw new Problem('unavailable', 'Not now.');
    }
  };
  world.time.skip(60_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(world.neighbours.ranDue.map((asked) => asked.split(' ')[0])).toEqual([
    'rating',
    'invoicing',
    'receivables',
    'commissions',
  ]);
  world.time.skip(60_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(world.neighbours.ranDue).toHaveLength(12);
  expect(a.tenantId).not.toBe(b.tenantId);
});

it('steps over every midnight', () => {
  const day = 86_400_000;
  expect(clockSteps(0, day)).toEqual([day]);
  expect(clockSteps(1, 2 * day + 5)).toEqual([day, 2 * day, 2 * day + 5]);
  expect(clockSteps(5, 5)).toEqual([]);
});
