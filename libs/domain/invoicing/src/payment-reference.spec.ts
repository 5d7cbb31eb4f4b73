import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  isOcrReference,
  isRfReference,
  makeOcrReference,
  makePaymentReference,
  makeRfReference,
  normalisePaymentReference,
  printPaymentReference,
  referencesIn,
} from './payment-reference.js';

describe('OCR references', () => {
  it('puts the length digit and the 10-modulus check digit behind the number', () => {
    expect(makeOcrReference('7992739871')).toBe('799273987120');
    expect(isOcrReference('799273987120')).toBe(true);
  });
  it('accepts the published references of Bankgirot’s example file, and tells the two controls apart', () => {
    for (const reference of ['655969', '657866', '658765', '650861', '659763']) {
      expect([reference, isOcrReference(reference)]).toEqual([reference, true]);
    }
    expect(isOcrReference('18', 'check_digit')).toBe(true);
    expect(isOcrReference('18')).toBe(false);
  });
  it('finds every single wrong digit', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,23}$/), fc.nat(), fc.integer({ min: 1, max: 9 }), (digits, at, shift) => {
        const reference = makeOcrReference(digits);
        const place = at % reference.length;
        const wrong = reference.slice(0, place) + ((Number(reference[place]) + shift) % 10) + reference.slice(place + 1);
        return isOcrReference(reference) && !isOcrReference(wrong);
      }),
    );
  });
  it('refuses what cannot be one', () => {
    expect(() => makeOcrReference('')).toThrow(/1 to 23 digits/);
    expect(() => makeOcrReference('1'.repeat(24))).toThrow(/1 to 23 digits/);
  });
});

describe('RF references', () => {
  it('equals the published example RF18 5390 0754 7034', () => {
    expect(makeRfReference('539007547034')).toBe('RF18539007547034');
    expect(isRfReference('RF18 5390 0754 7034')).toBe(true);
    expect(isRfReference('RF18 5390 0754 7043')).toBe(false);
    expect(printPaymentReference('RF18539007547034')).toBe('RF18 5390 0754 7034');
  });
  it('is valid for whatever it is made from, and survives added leading zeros', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9A-Za-z]{1,18}$/), (body) => {
        const reference = makeRfReference(body);
        const padded = `${reference.slice(0, 4)}000${reference.slice(4)}`;
        return (
          isRfReference(reference) &&
          isRfReference(padded) &&
          normalisePaymentReference(padded) === normalisePaymentReference(reference)
        );
      }),
    );
  });
});

describe('references of payers', () => {
  it('are made from the invoice number', () => {
    expect(makePaymentReference('ocr', 'SE-2026-00017')).toBe('20260001712');
    expect(isRfReference(makePaymentReference('rf', 'NL-2026-00017'))).toBe(true);
  });
  it('are compared without spaces and leading zeros', () => {
    expect(normalisePaymentReference('000 655 969')).toBe('655969');
    expect(normalisePaymentReference('rf18 0053 9007 547034')).toBe('RF18539007547034');
    expect(normalisePaymentReference('0')).toBe('0');
  });
  it('are found inside a message', () => {
    expect(referencesIn('Faktura 655969, tack')).toEqual(['655969']);
    expect(referencesIn('betaling RF18 5390 0754 7034 oktober')).toContain('RF18539007547034');
    expect(referencesIn('Invoice of 12 May')).toEqual([]);
  });
});
