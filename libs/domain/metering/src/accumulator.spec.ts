import { describe, expect, it } from '@jest/globals';
import { Decimal, maxDecimal, sumDecimals } from '@tollkeeper/money';
import fc from 'fast-check';
import { accumulate, type AccumulatorState } from './accumulator.js';
import { type Aggregation, aggregations, type Meter, type UsageEvent } from './meter.js';
import { maxUniqueKeys } from './unique-keys.js';

const meter = (aggregation: Aggregation): Meter => ({ code: 'energy', name: 'Energy', aggregation, unit: 'kWh' });

const event = (over: Partial<UsageEvent>): UsageEvent => ({
  source: 's',
  id: '1',
  meter: 'energy',
  time: 1_000,
  quantity: '1',
  ...over,
});

/** Events with different ids; their quantities rise with time, as a register's do, so that they suit every aggregation. */
const usage = fc
  .array(fc.tuple(fc.nat(1_000), fc.nat(1_000_000), fc.nat(20)), { maxLength: 40 })
  .map((rows) => {
    const times = rows.map(([time]) => time).sort((a, b) => a - b);
    const readings = rows.map(([, milli]) => milli).sort((a, b) => a - b);
    return rows.map(([, , key], index) =>
      event({
        id: `e${index}`,
        time: times[index] ?? 0,
        quantity: Decimal.scaled(readings[index] ?? 0, 3).toString(),
        key: `k${key}`,
      }),
    );
  });

const shuffled = usage.chain((events) =>
  fc.tuple(fc.constant(events), fc.shuffledSubarray([...events], { minLength: events.length, maxLength: events.length }), fc.nat(7)),
);

function inBatches(of: Meter, events: readonly UsageEvent[], size: number): AccumulatorState | undefined {
  let state: AccumulatorState | undefined;
  for (let at = 0; at < events.length; at += size) {
    const { state: next, refusals } = accumulate(of, state, events.slice(at, at + size));
    expect(refusals).toEqual([]);
    state = JSON.parse(JSON.stringify(next)) as AccumulatorState;
  }
  return state;
}

describe('accumulate', () => {
  it.each(aggregations)('gives one state for %s whatever the order and the batches', (aggregation) => {
    fc.assert(
      fc.property(shuffled, ([ordered, mixed, size]) => {
        expect(inBatches(meter(aggregation), mixed, size + 1)).toEqual(inBatches(meter(aggregation), ordered, 40));
      }),
    );
  });

  it('agrees with the plain definition of each aggregation', () => {
    fc.assert(
      fc.property(usage, (events) => {
        const quantities = events.map(({ quantity }) => Decimal.of(quantity));
        const expected: Record<Aggregation, Decimal> = {
          count: Decimal.fromInteger(events.length),
          sum: sumDecimals(quantities),
          max: quantities.reduce(maxDecimal, Decimal.zero),
          last: [...events].sort((a, b) => a.time - b.time || (a.id < b.id ? -1 : 1)).map(({ quantity }) => Decimal.of(quantity)).at(-1) ?? Decimal.zero,
          unique: Decimal.fromInteger(new Set(events.map(({ key }) => key)).size),
          register_delta: (quantities.at(-1) ?? Decimal.zero).minus(quantities[0] ?? Decimal.zero),
        };
        for (const aggregation of aggregations) {
          expect([aggregation, accumulate(meter(aggregation), undefined, events).quantity]).toEqual([aggregation, expected[aggregation]]);
        }
      }),
    );
  });

  it('keeps a greatest quantity below zero', () => {
    expect(accumulate(meter('max'), undefined, [event({ quantity: '-5' }), event({ id: '2', quantity: '-3' })]).quantity.toString()).toBe('-3');
  });

  it('refuses a quantity that is not a decimal within the limits, and takes the rest', () => {
    const bad = ['1e3', '', 'x', '1.0000000000001', '1234567890123456789', '01'].map((quantity, index) => event({ id: `b${index}`, quantity }));
    for (const aggregation of ['sum', 'max', 'last', 'register_delta'] as const) {
      const { refusals, quantity, state } = accumulate(meter(aggregation), undefined, [event({ time: 1, quantity: '0' }), ...bad, event({ id: 'z', time: 2, quantity: '7' })]);
      expect(refusals.map(({ event: { id }, reason }) => `${id} ${reason}`)).toEqual(bad.map(({ id }) => `${id} quantity_invalid`));
      expect([quantity.toString(), state.n]).toEqual(['7', 2]);
    }
  });

  it('counts no event without a key, and refuses the key after the ten-thousandth', () => {
    const full = accumulate(meter('unique'), undefined, Array.from({ length: maxUniqueKeys }, (_, n) => event({ key: `k${n}` })));
    expect([full.refusals.length, full.quantity.toString()]).toEqual([0, String(maxUniqueKeys)]);
    const more = accumulate(meter('unique'), full.state, [event({ key: 'k17' }), event({ key: 'new' }), event({})]);
    expect(more.refusals.map(({ reason }) => reason)).toEqual(['unique_limit', 'key_missing']);
    expect([more.quantity.toString(), more.state.n]).toEqual([String(maxUniqueKeys), maxUniqueKeys + 1]);
  });

  it('meters only what the filter lets through', () => {
    const roaming: Meter = { ...meter('sum'), filter: { roaming: ['true'], country: ['SE', 'NO'] } };
    const events = [
      event({ quantity: '1', dimensions: { roaming: 'true', country: 'SE' } }),
      event({ quantity: '2', dimensions: { roaming: 'false', country: 'SE' } }),
      event({ quantity: '4', dimensions: { roaming: 'true' } }),
      event({ quantity: '8' }),
    ];
    expect(accumulate(roaming, undefined, events)).toMatchObject({ state: { n: 1, q: '1' }, refusals: [] });
  });
});

describe('a register', () => {
  const register = meter('register_delta');
  const reading = (time: number, quantity: string): UsageEvent => event({ id: `${time}`, time, quantity });
  const before = { time: 5, value: Decimal.of('90') };

  it('consumes from the last reading before the period', () => {
    const readings = [reading(10, '100'), reading(30, '130'), reading(20, '120')];
    expect(accumulate(register, undefined, readings).quantity.toString()).toBe('30');
    expect(accumulate(register, undefined, readings, { before, after: undefined }).quantity.toString()).toBe('40');
  });

  it('refuses a reading that would count down, before, within and after what it has', () => {
    const { state } = accumulate(register, undefined, [reading(10, '100'), reading(30, '130')]);
    const neighbours = { before, after: { time: 90, value: Decimal.of('200') } };
    const tried = [reading(8, '89'), reading(8, '101'), reading(20, '99'), reading(20, '131'), reading(40, '129'), reading(40, '201')];
    const refused = accumulate(register, state, tried, neighbours);
    expect(refused.refusals.map(({ reason }) => reason)).toEqual(tried.map(() => 'register_decreased'));
    expect(refused.state).toEqual(state);
    expect(accumulate(register, state, [reading(8, '90'), reading(20, '120'), reading(40, '200')], neighbours).refusals).toEqual([]);
  });

  it('orders readings of one instant by their value', () => {
    const { quantity, refusals } = accumulate(register, undefined, [reading(10, '100'), reading(10, '90'), reading(10, '110')]);
    expect([quantity.toString(), refusals]).toEqual(['20', []]);
  });
});
