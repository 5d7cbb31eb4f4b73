import { describe, expect, it } from '@jest/globals';
import { Account, meterOf, priceList, usage } from './rating.fixture.js';

/** Numbers of the examples in OCPI 2.2.1, module Tariffs (EVRoaming Foundation); step sizes are not modelled here. */
describe('tariffs as published', () => {
  it('OCPI: 0.25 per kWh', () => {
    const account = new Account([meterOf('sum')], [priceList({ model: 'per_unit', unit_price: '0.25' })]);
    account.rate(usage('2026-03-10T12:00:00Z', '20'));
    expect(account.amount).toBe('5');
    account.rate(usage('2026-03-11T12:00:00Z', '41.97'));
    expect(account.amount).toBe('15.4925');
  });

  it('OCPI: 0.50 for the start of each session and 0.25 per kWh', () => {
    const account = new Account([meterOf('sum')], [priceList({ model: 'per_unit', unit_price: '0.25', event_fee: '0.50' })]);
    account.rate(usage('2026-03-10T12:00:00Z', '20'), usage('2026-03-11T12:00:00Z', '8'));
    expect(account.amount).toBe('8');
  });

  it('OCPI: 1.20 per hour by day, 2.40 per hour from 17:00', () => {
    const perHour = (unit_price: string) => ({ model: 'per_unit', unit_price }) as const;
    const account = new Account([meterOf('sum')], [
      priceList({ model: 'time_of_use', windows: [{ name: 'day', from: '00:00', to: '17:00', price: perHour('1.20') }], otherwise: perHour('2.40') }),
    ]);
    account.rate(usage('2026-03-10T15:59:59Z', '2.5'), usage('2026-03-10T16:00:00Z', '1.5'));
    expect(account.lines.map(({ window, amount }) => `${window} ${amount}`)).toEqual(['day 3', 'otherwise 3.6']);
  });
});
