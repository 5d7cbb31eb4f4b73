import { describe, expect, it } from '@jest/globals';
import { Decimal as DecimalJs } from 'decimal.js';
import fc from 'fast-check';
import { type DecimalFault, DecimalSyntaxError } from './decimal-text.js';
import { Decimal, parseDecimal, type RoundingMode, sumDecimals } from './decimal.js';

/** The reference: decimal.js with digits to spare, written without exponents. */
const Reference = DecimalJs.clone({ precision: 400, toExpNeg: -9e15, toExpPos: 9e15 });

/** Decimals of every size: mostly those of real life, some beyond the safe integers on either side of the point. */
const decimalText = fc
  .tuple(
    fc.boolean(),
    fc.oneof(
      { weight: 4, arbitrary: fc.nat(1_000_000).map(String) },
      { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String) },
      { weight: 1, arbitrary: fc.constantFrom('9007199254740991', '9007199254740992', '999999999999999', '0') },
    ),
    fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 4, arbitrary: fc.stringMatching(/^\d{1,6}$/) },
      { weight: 1, arbitrary: fc.stringMatching(/^\d{7,30}$/) },
    ),
  )
  .map(([negative, whole, fraction]) => `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`);

const plain = (value: DecimalJs): string => (value.isZero() ? '0' : value.toFixed());

describe('decimal', () => {
  it('computes what decimal.js computes, on the fast path and off it', () => {
    fc.assert(
      fc.property(decimalText, decimalText, (a, b) => {
        const [x, y] = [Decimal.of(a), Decimal.of(b)];
        const [p, q] = [new Reference(a), new Reference(b)];
        expect(x.plus(y).toString()).toBe(plain(p.plus(q)));
        expect(x.minus(y).toString()).toBe(plain(p.minus(q)));
        expect(x.times(y).toString()).toBe(plain(p.times(q)));
        expect(x.negated().toString()).toBe(plain(p.negated()));
        expect(x.compare(y)).toBe(p.comparedTo(q));
      }),
      { numRuns: 1000 },
    );
  });

  it('prints what it parses and parses what it prints', () => {
    fc.assert(
      fc.property(decimalText, (text) => {
        const value = parseDecimal(text);
        expect(value.toString()).toBe(plain(new Reference(text)));
        expect(parseDecimal(value.toString())).toStrictEqual(value);
      }),
    );
  });

  it('holds equal values in equal form, however they were computed', () => {
    fc.assert(
      fc.property(decimalText, decimalText, (a, b) => {
        expect(Decimal.of(a).plus(Decimal.of(b)).minus(Decimal.of(b))).toStrictEqual(Decimal.of(a));
      }),
    );
  });

  const modes: readonly RoundingMode[] = ['half_up', 'half_down', 'half_even', 'up', 'down', 'ceiling', 'floor'];
  const twoAndAHalf: Record<RoundingMode, readonly [string, string]> = {
    half_up: ['3', '-3'],
    half_down: ['2', '-2'],
    half_even: ['2', '-2'],
    up: ['3', '-3'],
    down: ['2', '-2'],
    ceiling: ['3', '-2'],
    floor: ['2', '-3'],
  };
  it.each(modes)('rounds a tie %s as the mode says, away from and below zero', (mode) => {
    expect([Decimal.of('2.5').rounded(0, mode).toString(), Decimal.of('-2.5').rounded(0, mode).toString()]).toEqual(twoAndAHalf[mode]);
  });

  it('gives quotients 34 significant digits', () => {
    expect(Decimal.of('2').dividedBy(Decimal.of('3')).toString()).toBe('0.6666666666666666666666666666666667');
    expect(() => Decimal.one.dividedBy(Decimal.zero)).toThrow(RangeError);
  });

  it('counts the packages that hold a quantity', () => {
    const packages = (quantity: string, size: string): string => Decimal.of(quantity).ceilQuotient(Decimal.of(size)).toString();
    expect([packages('0', '100'), packages('0.001', '100'), packages('100', '100'), packages('100.001', '100')]).toEqual(['0', '1', '1', '2']);
    expect(packages('1234567890123456789012345678.5', '0.5')).toBe('2469135780246913578024691357');
  });

  it('never writes an exponent', () => {
    expect(Decimal.of('0.0000000000000000000000000001').toString()).toBe('0.0000000000000000000000000001');
    expect(Decimal.of('1000000000000000000000000000000').toString()).toBe('1000000000000000000000000000000');
    expect(JSON.stringify({ amount: Decimal.of('-0.50') })).toBe('{"amount":"-0.5"}');
    expect(Decimal.of('-0').toString()).toBe('0');
    expect(Decimal.of('1.005').toFixed(2)).toBe('1.01');
  });

  const refused: readonly (readonly [string, DecimalFault])[] = [
    ['', 'empty'],
    ['1e5', 'exponent'],
    ['1.5E-3', 'exponent'],
    ['+1', 'plus_sign'],
    ['007', 'leading_zero'],
    ['-00.5', 'leading_zero'],
    ['.5', 'not_decimal'],
    ['5.', 'not_decimal'],
    ['1,5', 'not_decimal'],
    [' 1', 'not_decimal'],
    ['NaN', 'not_decimal'],
    ['Infinity', 'not_decimal'],
    ['0x1f', 'not_decimal'],
    ['--1', 'not_decimal'],
    ['-', 'not_decimal'],
    ['1.2.3', 'not_decimal'],
    ['٣', 'not_decimal'],
    ['12345', 'too_many_integer_digits'],
    ['1.12345', 'too_many_fraction_digits'],
  ];
  it.each(refused)('refuses %j as %s', (text, kind) => {
    const limits = { maxIntegerDigits: 4, maxFractionDigits: 4 };
    try {
      parseDecimal(text, limits);
    } catch (error) {
      expect(error).toBeInstanceOf(DecimalSyntaxError);
      expect((error as DecimalSyntaxError).kind).toBe(kind);
      return;
    }
    throw new Error('it was accepted');
  });

  it('takes no number that may already have lost digits', () => {
    expect(() => Decimal.fromInteger(0.1)).toThrow(RangeError);
    expect(() => Decimal.fromInteger(2 ** 53)).toThrow(RangeError);
  });

  it('sums without caring about order', () => {
    fc.assert(
      fc.property(fc.array(decimalText, { maxLength: 20 }), (texts) => {
        const values = texts.map((text) => Decimal.of(text));
        expect(sumDecimals(values)).toStrictEqual(sumDecimals([...values].reverse()));
      }),
    );
  });
});
