import { describe, expect, it } from '@jest/globals';
import { canonicalJson, type Json } from '@tollkeeper/kernel';
import { aggregations, type UsageEvent } from '@tollkeeper/metering';
import { Decimal } from '@tollkeeper/money';
import fc from 'fast-check';
import { chargeFor } from './charge.js';
import type { PriceModel, SimplePriceModel } from './price-list.js';
import { Account, at, meterOf, priceList, usage } from './rating.fixture.js';

const tiers = [{ up_to: '100', unit_price: '0.30' }, { up_to: '500', unit_price: '0.20', flat_fee: '5' }, { unit_price: '0.10' }];
const simple: readonly SimplePriceModel[] = [
  { model: 'flat', amount: '9.9' },
  { model: 'flat', amount: '9.9', included: '50' },
  { model: 'per_unit', unit_price: '0.123456789' },
  { model: 'per_unit', unit_price: '0.25', included: '33.3', event_fee: '0.5' },
  { model: 'graduated', tiers },
  { model: 'graduated', tiers, included: '20' },
  { model: 'volume', tiers },
  { model: 'package', package_size: '7', package_price: '1.01' },
  { model: 'per_event', event_fee: '0.05', included: '2' },
];
const timeOfUse: PriceModel = {
  model: 'time_of_use',
  windows: [
    { name: 'day', days: ['mon', 'tue', 'wed', 'thu', 'fri'], from: '07:00', to: '19:00', price: { model: 'graduated', tiers } },
    { name: 'night', from: '23:00', to: '05:00', price: { model: 'package', package_size: '10', package_price: '1' } },
  ],
  otherwise: { model: 'per_unit', unit_price: '0.15', included: '5' },
};

/** A register's readings rise with time; the same events suit every other aggregation. Two months, with a change of clocks. */
const events: fc.Arbitrary<readonly UsageEvent[]> = fc
  .array(fc.tuple(fc.integer({ min: at('2026-03-01'), max: at('2026-04-30') }), fc.nat(600_000), fc.nat(9)), { maxLength: 40 })
  .map((rows) => {
    const times = rows.map(([time]) => time).sort((a, b) => a - b);
    const readings = rows.map(([, milli]) => milli).sort((a, b) => a - b);
    return rows.map(([, , key], index) => usage(times[index] ?? 0, Decimal.scaled(readings[index] ?? 0, 3).toString(), { id: `e${index}`, key: `k${key}` }));
  });
const shuffled = events.chain((list) =>
  fc.tuple(fc.constant(list), fc.shuffledSubarray([...list], { minLength: list.length, maxLength: list.length }), fc.integer({ min: 1, max: 9 })),
);

function rateInPages(account: Account, list: readonly UsageEvent[], size: number): Account {
  for (let from = 0; from < list.length; from += size) account.rate(...list.slice(from, from + size));
  expect(account.reasons).toEqual([]);
  return account;
}

describe('totals', () => {
  const cases = aggregations.flatMap((aggregation) =>
    [...simple, timeOfUse].filter((model) => aggregation !== 'register_delta' || model.model !== 'time_of_use').map((model) => ({ aggregation, model })),
  );
  it.each(cases)('of $aggregation under $model.model do not depend on the order of events or the cut of pages', ({ aggregation, model }) => {
    const changed = priceList(model, {
      versions: [
        { prices: [{ meter: 'energy', price: model }] },
        { effective_from: '2026-03-20', prices: [{ meter: 'energy', price: model }] },
      ],
    });
    fc.assert(
      fc.property(shuffled, ([ordered, mixed, size]) => {
        const whole = rateInPages(new Account([meterOf(aggregation)], [changed]), ordered, 1000);
        const parts = rateInPages(new Account([meterOf(aggregation)], [changed]), mixed, size);
        expect(parts.totals).toEqual(whole.totals);
        expect(canonicalJson((parts.state ?? {}) as Json)).toBe(canonicalJson((whole.state ?? {}) as Json));
      }),
      { numRuns: 40 },
    );
  });

  it('equal the charge of the whole quantity', () => {
    fc.assert(
      fc.property(shuffled, fc.constantFrom(...simple), ([, mixed, size], model) => {
        const account = rateInPages(new Account([meterOf('sum')], [priceList(model)], { period: { every: 'year' } }), mixed, size);
        const quantity = mixed.reduce((sum, one) => sum.plus(Decimal.of(one.quantity)), Decimal.zero);
        expect([account.quantity, account.amount]).toEqual([quantity.toString(), chargeFor(model, quantity, mixed.length).toString()]);
      }),
    );
  });
});

describe('rating a page', () => {
  it('charges a reading to the period it was measured in', () => {
    const account = new Account([meterOf('sum')], [priceList({ model: 'per_unit', unit_price: '0.25' })]);
    const lines = account.rate(usage('2026-03-31T21:59:59Z', '10'), usage('2026-03-31T22:00:00Z', '4'));
    expect(lines).toEqual([
      expect.objectContaining({ periodKey: '2026-03-01', quantity: '10', events: 1, amount: '2.5', adjustment: false, window: '', effectiveFrom: 0 }),
      expect.objectContaining({ periodKey: '2026-04-01', quantity: '4', events: 1, amount: '1', priceList: 'standard', taxInclusive: false }),
    ]);
  });

  it('books late usage of a closed period as an adjustment priced with that period\'s own tiers', () => {
    const account = new Account([meterOf('sum')], [priceList({ model: 'graduated', tiers })]);
    account.rate(usage('2026-03-10T12:00:00Z', '100'));
    account.closedUntil = at('2026-03-31T22:00:00Z');
    account.now = at('2026-04-05T00:00:00Z');
    expect(account.rate(usage('2026-03-20T12:00:00Z', '10'), usage('2026-04-02T12:00:00Z', '1'))).toEqual([
      expect.objectContaining({ periodKey: '2026-03-01', amount: '7', adjustment: true }),
      expect.objectContaining({ periodKey: '2026-04-01', amount: '0.3', adjustment: false }),
    ]);
  });

  it('forgets a closed period after the late window, and refuses what comes then', () => {
    const account = new Account([meterOf('sum')], [priceList({ model: 'per_unit', unit_price: '1' })]);
    account.rate(usage('2026-03-10T12:00:00Z', '100'));
    account.closedUntil = at('2026-03-31T22:00:00Z');
    account.now = account.closedUntil + 35 * 86_400_000 - 1;
    expect(account.rate(usage('2026-03-11T12:00:00Z', '1'))).toHaveLength(1);
    account.now++;
    account.rate(usage('2026-03-11T12:00:00Z', '1'), usage('2026-05-02T12:00:00Z', '1'));
    expect(account.reasons).toEqual(['too_late']);
    expect(account.state?.periods.map(({ start }) => new Date(start).toISOString())).toEqual(['2026-04-30T22:00:00.000Z']);
  });

  it('begins a new count where the price changes within a period', () => {
    const account = new Account([meterOf('sum')], [
      priceList({ model: 'flat', amount: '0' }, {
        versions: [
          { prices: [{ meter: 'energy', price: { model: 'graduated', tiers } }] },
          { effective_from: '2026-03-15', prices: [{ meter: 'energy', price: { model: 'per_unit', unit_price: '1', included: '5' } }] },
        ],
      }),
    ]);
    // Midnight of the 15th in Stockholm is 23:00 of the 14th in UTC.
    account.rate(usage('2026-03-14T22:59:59Z', '200'), usage('2026-03-14T23:00:00Z', '6'));
    expect(account.totals).toEqual([
      '2026-03-01 energy standard 0 : 200 in 1 for 55',
      `2026-03-01 energy standard ${at('2026-03-14T23:00:00Z')} : 6 in 1 for 1`,
    ]);
  });

  it('takes the customer\'s override first, then the contract\'s list, then the fallback', () => {
    const flat = (code: string, meter: string, amount: string) => priceList({ model: 'flat', amount }, { code, versions: [{ prices: [{ meter, price: { model: 'flat', amount } }] }] });
    const meters = ['a', 'b', 'c', 'd'].map((code) => meterOf('sum', code));
    const two = (code: string, ...prices: readonly (readonly [string, string])[]) => ({
      ...flat(code, '', '0'),
      versions: [{ prices: prices.map(([meter, amount]) => ({ meter, price: { model: 'flat' as const, amount } })) }],
    });
    const lists = [two('fallback', ['a', '1'], ['b', '1'], ['c', '1']), two('contract', ['a', '2'], ['b', '2']), two('override', ['a', '3'])];
    const account = new Account(meters, lists, { priceLists: ['override', 'contract', 'absent', 'fallback'] });
    const lines = account.rate(...meters.map(({ code }) => usage('2026-03-10T12:00:00Z', '1', { meter: code })));
    expect(lines.map(({ meter, priceList: list, amount }) => `${meter} ${list} ${amount}`)).toEqual(['a override 3', 'b contract 2', 'c fallback 1']);
    expect(account.reasons).toEqual(['no_price']);
  });

  it('falls back while an override has no version yet, and returns to the fallback under a count of its own', () => {
    const price = { model: 'per_unit', unit_price: '1', included: '1' } as const;
    const override = priceList(price, {
      code: 'override',
      versions: [{ effective_from: '2026-03-10', prices: [{ meter: 'energy', price }] }, { effective_from: '2026-03-20', prices: [] }],
    });
    const account = new Account([meterOf('sum')], [override, priceList(price)], { priceLists: ['override', 'standard'] });
    account.rate(...['05', '15', '25'].map((day) => usage(`2026-03-${day}T12:00:00Z`, '3')));
    expect(account.lines.map(({ priceList: list, amount }) => `${list} ${amount}`).sort()).toEqual(['override 2', 'standard 2', 'standard 2']);
  });

  it('splits usage by the windows of the wall clock, through a change of clocks', () => {
    const account = new Account([meterOf('sum')], [priceList(timeOfUse)]);
    // Friday 06:59 and 07:00 in winter time; Monday 07:00 in summer time; Sunday 23:30 and Monday 04:59 at night; Saturday noon.
    account.rate(
      usage('2026-03-27T05:59:59Z', '1'),
      usage('2026-03-27T06:00:00Z', '2'),
      usage('2026-03-30T05:00:00Z', '4'),
      usage('2026-03-29T21:30:00Z', '8'),
      usage('2026-03-30T02:59:59Z', '16'),
      usage('2026-03-28T12:00:00Z', '32'),
    );
    expect(account.lines.map(({ window, quantity, amount }) => `${window} ${quantity} ${amount}`)).toEqual(['day 6 1.8', 'night 24 3', 'otherwise 33 4.2']);
  });

  it('refuses event by event, and says why', () => {
    const account = new Account(
      [meterOf('sum'), meterOf('register_delta', 'register'), meterOf('unique', 'users'), meterOf('sum', 'priceless')],
      [priceList(timeOfUse, { versions: [{ prices: ['energy', 'users', 'register'].map((meter) => ({ meter, price: timeOfUse })) }] })],
    );
    account.rate(
      usage('2026-03-10T12:00:00Z', '1', { meter: 'nope' }),
      usage('2026-03-10T12:00:00Z', '1', { meter: 'priceless' }),
      usage('2026-03-10T12:00:00Z', '1', { meter: 'register' }),
      usage('2026-03-10T12:00:00Z', '1', { meter: 'users' }),
      usage('2026-03-10T12:00:00Z', '1e9'),
      usage(Number.NaN, '1'),
      usage(1.5, '1'),
      usage(-1, '1'),
      usage(Number.MAX_SAFE_INTEGER, '1'),
    );
    expect(account.refusals.map(({ index, reason }) => `${index} ${reason}`)).toEqual([
      '0 unknown_meter', '1 no_price', '2 price_not_applicable', '3 key_missing', '4 quantity_invalid', '5 invalid_time', '6 invalid_time', '7 invalid_time', '8 invalid_time',
    ]);
    expect([account.state, account.lines]).toEqual([{ periods: [] }, []]);
  });

  it('uses no price in another currency', () => {
    const account = new Account([meterOf('sum')], [priceList({ model: 'flat', amount: '1' }, { currency: 'SEK' })]);
    account.rate(usage('2026-03-10T12:00:00Z', '1'));
    expect(account.reasons).toEqual(['currency_mismatch']);
  });

  it('books events that the meter\'s filter leaves out without effect', () => {
    const account = new Account([{ ...meterOf('sum'), filter: { phase: ['1'] } }], [priceList({ model: 'flat', amount: '1' })]);
    expect(account.rate(usage('2026-03-10T12:00:00Z', '1', { dimensions: { phase: '2' } }))).toEqual([]);
    expect(account.reasons).toEqual([]);
  });

  it('keeps a bounded number of periods', () => {
    const account = new Account([meterOf('sum')], [priceList({ model: 'per_unit', unit_price: '1' })], { period: { every: 'day' } }, 3);
    account.rate(...[10, 11, 12, 13, 10].map((day) => usage(`2026-03-${day}T12:00:00Z`, '1')));
    expect([account.reasons, account.amount]).toEqual([['too_many_periods'], '4']);
  });

  it('leaves a moment in its period when the contract changes to another rule', () => {
    const meters = [meterOf('sum')];
    const lists = [priceList({ model: 'per_unit', unit_price: '1' })];
    const monthly = new Account(meters, lists);
    monthly.rate(usage('2026-03-30T12:00:00Z', '1'));
    const weekly = new Account(meters, lists, { period: { every: 'week' } });
    weekly.state = monthly.state;
    const lines = weekly.rate(usage('2026-03-31T12:00:00Z', '1'), usage('2026-04-01T12:00:00Z', '1'));
    expect(lines.map(({ periodKey }) => periodKey)).toEqual(['2026-03-01', '2026-04-01']);
  });
});
