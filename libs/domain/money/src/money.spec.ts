import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { currencies, isCurrency, minorUnitDigits, UnknownCurrencyError } from './currency.js';
import { Decimal } from './decimal.js';
import { formatDecimal, formatMoney } from './format.js';
import { addMoney, allocateMoney, compareMoney, CurrencyMismatchError, fromMoneyText, multiplyMoney, roundMoney, subtractMoney, sumMoney, toMoneyText } from './money.js';

const sek = (amount: string) => fromMoneyText({ amount, currency: 'SEK' });
const eur = (amount: string) => fromMoneyText({ amount, currency: 'EUR' });

describe('money', () => {
  it('adds, subtracts, compares and multiplies exactly', () => {
    expect(toMoneyText(addMoney(sek('0.1'), sek('0.2')))).toEqual({ amount: '0.3', currency: 'SEK' });
    expect(toMoneyText(subtractMoney(sek('1'), sek('0.999')))).toEqual({ amount: '0.001', currency: 'SEK' });
    expect(compareMoney(sek('1.10'), sek('1.1'))).toBe(0);
    expect(toMoneyText(multiplyMoney(eur('0.25'), Decimal.of('41.97')))).toEqual({ amount: '10.4925', currency: 'EUR' });
    expect(toMoneyText(sumMoney([], 'EUR'))).toEqual({ amount: '0', currency: 'EUR' });
  });

  it('refuses to mix currencies, and names both', () => {
    expect(() => addMoney(sek('1'), eur('1'))).toThrow(CurrencyMismatchError);
    expect(() => compareMoney(sek('1'), eur('1'))).toThrow('money in EUR cannot be combined with money in SEK');
  });

  it('rounds to the minor unit of the currency', () => {
    expect(roundMoney(eur('1.005')).amount.toString()).toBe('1.01');
    expect(roundMoney(eur('-1.005')).amount.toString()).toBe('-1.01');
    expect(roundMoney(eur('1.005'), 'half_even').amount.toString()).toBe('1');
    expect(roundMoney(fromMoneyText({ amount: '1234.5', currency: 'JPY' })).amount.toString()).toBe('1235');
    expect(roundMoney(fromMoneyText({ amount: '1.23456', currency: 'KWD' })).amount.toString()).toBe('1.235');
  });

  it('allocates without losing a unit, the larger remainder first', () => {
    const parts = allocateMoney(eur('100'), ['1', '1', '1'].map(Decimal.of));
    expect(parts.map((part) => part.amount.toString())).toEqual(['33.34', '33.33', '33.33']);
    expect(allocateMoney(eur('-0.05'), ['3', '7'].map(Decimal.of)).map((part) => part.amount.toString())).toEqual(['-0.02', '-0.03']);
    expect(() => allocateMoney(eur('1'), [Decimal.zero])).toThrow(RangeError);
    expect(() => allocateMoney(eur('1'), [Decimal.of('-1'), Decimal.of('2')])).toThrow(RangeError);
  });

  it('allocates parts that add up to the whole and stay within a unit of the fair share', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -1_000_000, max: 1_000_000 }),
        fc.array(fc.nat(1000), { minLength: 1, maxLength: 12 }).filter((weights) => weights.some((weight) => weight > 0)),
        (cents, weights) => {
          const whole = { amount: Decimal.scaled(cents, 2), currency: 'EUR' };
          const parts = allocateMoney(whole, weights.map((weight) => Decimal.fromInteger(weight)));
          expect(sumMoney(parts, 'EUR')).toStrictEqual(whole);
          const total = weights.reduce((sum, weight) => sum + weight, 0);
          parts.forEach((part, index) => {
            const fair = (cents * (weights[index] ?? 0)) / total;
            expect(Math.abs(Number(part.amount.toUnits(2)) - fair)).toBeLessThan(1);
          });
        },
      ),
    );
  });

  it('sums to the same in any grouping', () => {
    const amounts = fc.array(fc.integer().map((cents) => ({ amount: Decimal.scaled(cents, 4), currency: 'EUR' })));
    fc.assert(
      fc.property(amounts, amounts, (a, b) => {
        expect(sumMoney([...a, ...b], 'EUR')).toStrictEqual(addMoney(sumMoney(b, 'EUR'), sumMoney(a, 'EUR')));
      }),
    );
  });
});

describe('currency', () => {
  it('knows the minor unit of every active currency', () => {
    expect(['EUR', 'SEK', 'JPY', 'ISK', 'BHD', 'CLF', 'HUF', 'XCG'].map(minorUnitDigits)).toEqual([2, 2, 0, 0, 3, 4, 2, 2]);
    expect(currencies().length).toBeGreaterThan(150);
    expect(currencies().every((code) => /^[A-Z]{3}$/.test(code))).toBe(true);
    expect(new Set(currencies()).size).toBe(currencies().length);
  });

  it('takes neither metals, test codes, withdrawn codes nor small letters', () => {
    expect(['XAU', 'XXX', 'XTS', 'HRK', 'BGN', 'eur', ''].map(isCurrency)).toEqual(Array(7).fill(false));
    expect(() => minorUnitDigits('HRK')).toThrow(UnknownCurrencyError);
  });
});

describe('formatting', () => {
  const spaced = (text: string): string => text.replace(/[\u00a0\u202f]/g, ' ').replace('\u2212', '-');

  it('writes money as people of the locale do', () => {
    expect(spaced(formatMoney(sek('1234.5'), 'sv-SE'))).toBe('1 234,50 kr');
    expect(spaced(formatMoney(eur('-1234.5'), 'nl-NL'))).toBe('€ -1.234,50');
    expect(formatMoney(fromMoneyText({ amount: '1234', currency: 'JPY' }), 'en-US')).toBe('¥1,234');
  });

  it('shows every digit there is, also those that a number would lose', () => {
    expect(formatMoney(eur('0.00000125'), 'en-IE')).toBe('€0.00000125');
    expect(formatMoney(eur('12345678901234567890.12'), 'en-IE')).toBe('€12,345,678,901,234,567,890.12');
    expect(formatDecimal(Decimal.of('1234.5678'), 'de-DE')).toBe('1.234,5678');
    expect(formatDecimal(Decimal.of('5'), 'de-DE', 3)).toBe('5,000');
  });
});
