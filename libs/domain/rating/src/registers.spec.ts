import { describe, expect, it } from '@jest/globals';
import { Account, at, meterOf, priceList, usage } from './rating.fixture.js';

const perUnit = priceList({ model: 'per_unit', unit_price: '2' });
const register = (): Account => new Account([meterOf('register_delta')], [perUnit]);

describe('a register', () => {
  it('goes on, in a new period, from the last reading of the one before', () => {
    const account = register();
    account.rate(usage('2026-03-01T12:00:00Z', '1000'), usage('2026-03-31T12:00:00Z', '1100'));
    account.rate(usage('2026-04-02T12:00:00Z', '1107.5'));
    expect(account.totals).toEqual(['2026-03-01 energy standard 0 : 100 in 2 for 200', '2026-04-01 energy standard 0 : 7.5 in 1 for 15']);
  });

  it('moves consumption to the period before when its last reading comes late, and the total stays', () => {
    const account = register();
    account.rate(usage('2026-03-01T12:00:00Z', '1000'), usage('2026-04-02T12:00:00Z', '1100'));
    account.closedUntil = at('2026-03-31T22:00:00Z');
    account.now = at('2026-04-03T00:00:00Z');
    expect(account.rate(usage('2026-03-31T12:00:00Z', '1090'))).toEqual([
      expect.objectContaining({ periodKey: '2026-03-01', quantity: '90', events: 1, amount: '180', adjustment: true }),
      expect.objectContaining({ periodKey: '2026-04-01', quantity: '-90', events: 0, amount: '-180', adjustment: false }),
    ]);
    expect(account.quantity).toBe('100');
  });

  it('splits consumption at a change of price by the readings on either side', () => {
    const account = new Account([meterOf('register_delta')], [
      { ...perUnit, versions: [...perUnit.versions, { effective_from: '2026-03-15', prices: [{ meter: 'energy', price: { model: 'per_unit', unit_price: '3' } }] }] },
    ]);
    account.rate(usage('2026-03-20T12:00:00Z', '150'), usage('2026-03-01T12:00:00Z', '100'), usage('2026-03-14T12:00:00Z', '120'));
    expect(account.totals.map((text) => text.replace(/.* : /, ''))).toEqual(['20 in 2 for 40', '30 in 1 for 90']);
  });

  it('remembers its last reading when the period is dropped', () => {
    const account = register();
    account.rate(usage('2026-01-10T12:00:00Z', '100'), usage('2026-01-20T12:00:00Z', '150'));
    account.closedUntil = at('2026-04-30T22:00:00Z');
    account.now = at('2026-05-01T00:00:00Z');
    account.rate(usage('2026-05-02T12:00:00Z', '160'));
    expect(account.state).toEqual({
      periods: [expect.objectContaining({ start: at('2026-04-30T22:00:00Z') })],
      registers: { energy: [at('2026-01-20T12:00:00Z'), '150'] },
    });
    expect(account.amount).toBe('120');
    account.rate(usage('2026-05-01T12:00:00Z', '149'));
    expect(account.reasons).toEqual(['register_decreased']);
  });

  it('refuses readings that count down across periods, in either direction', () => {
    const account = register();
    account.rate(usage('2026-03-20T12:00:00Z', '100'), usage('2026-05-02T12:00:00Z', '200'));
    account.rate(usage('2026-04-02T12:00:00Z', '99'), usage('2026-04-02T12:00:00Z', '201'), usage('2026-04-02T12:00:00Z', '150'));
    expect(account.reasons).toEqual(['register_decreased', 'register_decreased']);
    expect(account.quantity).toBe('100');
  });
});
