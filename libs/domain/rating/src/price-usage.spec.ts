import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type DeviceUsageEvent, priceUsage } from './price-usage.js';
import type { PriceList } from './price-list.js';
import { meterOf, priceList, usage } from './rating.fixture.js';

const list: PriceList = priceList({ model: 'per_unit', unit_price: '1' }, {
  versions: [
    {
      prices: [
        { meter: 'energy', price: { model: 'graduated', tiers: [{ up_to: '10', unit_price: '0.30' }, { unit_price: '0.20' }] } },
        { meter: 'session', price: { model: 'per_event', event_fee: '0.50' } },
      ],
    },
  ],
});
const input = { priceList: list, timeZone: 'Europe/Amsterdam', periodRule: { every: 'month' } } as const;
const of = (device: string, time: string, quantity: string, over: Partial<DeviceUsageEvent> = {}): DeviceUsageEvent => ({ ...usage(time, quantity, over), device });

describe('pricing a file of usage', () => {
  it('gives quantity and amount per device, meter and period', () => {
    const priced = priceUsage({
      ...input,
      events: [
        of('B', '2026-03-10T12:00:00Z', '12'),
        of('A', '2026-03-10T12:00:00Z', '5'),
        of('A', '2026-04-10T12:00:00Z', '20'),
        of('A', '2026-04-10T12:00:00Z', '1', { meter: 'session' }),
      ],
    });
    expect(priced).toMatchObject({ currency: 'EUR', amount: '10.4', refusals: [], events: { received: 4, priced: 4, refused: 0 } });
    expect(priced.devices.map(({ device, amount }) => `${device} ${amount}`)).toEqual(['A 7', 'B 3.4']);
    expect(priced.devices[0]?.meters.map(({ meter, quantity, events, amount }) => `${meter} ${quantity} in ${events} for ${amount}`)).toEqual([
      'energy 25 in 2 for 6.5',
      'session 1 in 1 for 0.5',
    ]);
    expect(priced.devices[0]?.meters[0]?.lines.map(({ periodKey, amount }) => `${periodKey} ${amount}`)).toEqual(['2026-03-01 1.5', '2026-04-01 5']);
  });

  it('counts duplicates, sets conflicts and what has no price aside, and accounts for every event', () => {
    const first = of('A', '2026-03-10T12:00:00Z', '5', { id: 'x' });
    const priced = priceUsage({
      ...input,
      events: [first, { ...first }, { ...first, quantity: '6' }, { ...first, device: 'B' }, of('A', '2026-03-10T12:00:00Z', '1', { meter: 'water' }), of('A', '2026-03-10T12:00:00Z', 'much')],
    });
    expect(priced.events).toEqual({ received: 6, priced: 2, unmetered: 0, duplicates: 1, refused: 3 });
    expect(priced.refusals.map(({ index, reason }) => `${index} ${reason}`)).toEqual(['2 conflict', '4 unknown_meter', '5 quantity_invalid']);
  });

  it('takes meters of any kind, and any number of periods', () => {
    const events = Array.from({ length: 200 }, (_, day) => of('A', new Date(Date.UTC(2026, 0, 1 + day, 12)).toISOString(), String(100 + day)));
    const priced = priceUsage({ ...input, periodRule: { every: 'day' }, meters: [meterOf('register_delta')], events });
    expect([priced.devices[0]?.meters[0]?.quantity, priced.refusals]).toEqual(['199', []]);
  });

  it('gives the same whatever the order of the file', () => {
    const events = fc.array(fc.tuple(fc.constantFrom('A', 'B'), fc.nat(50), fc.nat(9999)).map(([device, day, milli]) => of(device, new Date(Date.UTC(2026, 0, 1 + day)).toISOString(), (milli / 1000).toFixed(3))));
    fc.assert(fc.property(events, (some) => expect(priceUsage({ ...input, events: [...some].reverse() })).toEqual(priceUsage({ ...input, events: some }))));
  });
});
