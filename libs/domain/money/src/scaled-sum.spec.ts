import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Decimal, sumDecimals } from './decimal.js';
import { addText, scaledSum, toDecimal } from './scaled-sum.js';

const quantity = fc.oneof(
  fc.nat(100_000).map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,5})\.\d{1,9}$/),
  fc.stringMatching(/^-?[1-9]\d{13,25}(\.\d{1,12})?$/),
  fc.constantFrom('9007199254740991', '-9007199254740991', '999999999999999', '0.000000000001'),
);

describe('scaled sum', () => {
  it('equals the sum in decimals, also where it leaves the safe integers and comes back', () => {
    fc.assert(
      fc.property(fc.array(quantity, { maxLength: 30 }), (texts) => {
        const sum = scaledSum();
        for (const text of texts) expect(addText(sum, text)).toBe(true);
        expect(toDecimal(sum)).toStrictEqual(sumDecimals(texts.map((text) => Decimal.of(text))));
      }),
      { numRuns: 1000 },
    );
  });

  it('goes on from where it was', () => {
    fc.assert(
      fc.property(fc.array(quantity), fc.array(quantity), (before, after) => {
        const first = scaledSum();
        for (const text of before) addText(first, text);
        const second = scaledSum(toDecimal(first));
        for (const text of after) addText(second, text);
        expect(toDecimal(second)).toStrictEqual(sumDecimals([...before, ...after].map((text) => Decimal.of(text))));
      }),
    );
  });

  it('stays as it was when the text is no decimal', () => {
    const sum = scaledSum(Decimal.of('1.5'));
    for (const text of ['', '1e3', '+1', '01', '1.', '.1', 'x', '1'.repeat(20) + 'x']) expect([text, addText(sum, text)]).toEqual([text, false]);
    expect(toDecimal(sum).toString()).toBe('1.5');
  });
});
