import { describe, expect, it } from '@jest/globals';
import { Decimal } from '@tollkeeper/money';
import fc from 'fast-check';
import { chargeFor } from './charge.js';
import type { SimplePriceModel } from './price-list.js';

const cost = (model: SimplePriceModel, quantity: string, events = 1): string => chargeFor(model, Decimal.of(quantity), events).toString();
const costs = (model: SimplePriceModel, ...quantities: string[]): readonly string[] => quantities.map((quantity) => cost(model, quantity));

const tiers = [
  { up_to: '100', unit_price: '0.30' },
  { up_to: '500', unit_price: '0.20', flat_fee: '5' },
  { unit_price: '0.10' },
];

describe('a price', () => {
  it('flat is charged once per period with usage', () => {
    expect([cost({ model: 'flat', amount: '9.90' }, '0', 0), cost({ model: 'flat', amount: '9.90' }, '0', 1), cost({ model: 'flat', amount: '9.90' }, '50', 7)]).toEqual(['0', '9.9', '9.9']);
    expect(costs({ model: 'flat', amount: '9.90', included: '10' }, '10', '10.001')).toEqual(['0', '9.9']);
  });

  it('per unit multiplies exactly, whatever the digits', () => {
    expect(cost({ model: 'per_unit', unit_price: '0.000000012345' }, '987654321098.765')).toBe('12192.592593964253925');
  });

  it('graduated charges each tier for the units in it, and its fee when it is entered', () => {
    expect(costs({ model: 'graduated', tiers }, '0', '100', '100.5', '500', '600')).toEqual(['0', '30', '35.1', '115', '125']);
  });

  it('volume charges all units at the price of the tier that is reached', () => {
    expect(costs({ model: 'volume', tiers }, '0', '100', '100.5', '500', '600')).toEqual(['0', '30', '25.1', '105', '60']);
  });

  it('package rounds up to whole packages', () => {
    expect(costs({ model: 'package', package_size: '100', package_price: '5' }, '0', '0.1', '100', '100.1')).toEqual(['0', '5', '5', '10']);
  });

  it('per event charges events, whatever their quantity', () => {
    expect(cost({ model: 'per_event', event_fee: '0.50' }, '1000', 3)).toBe('1.5');
    expect(cost({ model: 'per_event', event_fee: '0.50', included: '2' }, '1000', 3)).toBe('0.5');
  });

  it('begins after the included allowance, in front of any model', () => {
    expect(costs({ model: 'per_unit', unit_price: '2', included: '10' }, '9', '10', '12.5')).toEqual(['0', '0', '5']);
    expect(cost({ model: 'graduated', tiers, included: '50' }, '160')).toBe('37');
    expect(cost({ model: 'package', package_size: '100', package_price: '5', included: '50' }, '160')).toBe('10');
  });

  it('charges a fee for each event beside the model', () => {
    expect(cost({ model: 'per_unit', unit_price: '0.25', event_fee: '0.50' }, '8', 2)).toBe('3');
  });

  it('costs nothing for less than nothing', () => {
    expect(costs({ model: 'per_unit', unit_price: '2' }, '-5')).toEqual(['0']);
    expect(costs({ model: 'volume', tiers }, '-5')).toEqual(['0']);
  });

  it('graduated grows with the quantity and is the sum of its tiers', () => {
    const quantity = fc.nat(10_000_000).map((milli) => Decimal.scaled(milli, 3));
    fc.assert(
      fc.property(quantity, quantity, (a, b) => {
        const [less, more] = a.compare(b) <= 0 ? [a, b] : [b, a];
        const model: SimplePriceModel = { model: 'graduated', tiers };
        expect(chargeFor(model, less, 1).compare(chargeFor(model, more, 1))).toBeLessThanOrEqual(0);
        const perUnit: SimplePriceModel = { model: 'graduated', tiers: [{ up_to: '7', unit_price: '0.3' }, { unit_price: '0.3' }] };
        expect(chargeFor(perUnit, a.plus(b), 1)).toEqual(chargeFor(perUnit, a, 1).plus(chargeFor(perUnit, b, 1)));
      }),
    );
  });
});
