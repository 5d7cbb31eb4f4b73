import { describe, expect, it } from '@jest/globals';
import { Decimal } from '@tollkeeper/money';
import fc from 'fast-check';
import { type AccountState, decodeState, encodeState } from './account-state.js';
import type { DeviceTerms } from './device-terms.js';
import { encodeTerms } from './device-terms.codec.js';

const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((s) => s.isWellFormed());
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const decimal = fc.tuple(fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n }), fc.nat(12)).map(([units, scale]) => Decimal.fromUnits(units, scale));

const usage = fc.record({ m: text, p: text, v: time, n: fc.nat(), q: fc.option(text, { nil: undefined }), w: fc.option(text, { nil: undefined }), u: fc.option(text, { nil: undefined }), l: fc.option(fc.tuple(time, text), { nil: undefined }) }, { requiredKeys: ['m', 'p', 'v', 'n'] });
const line = fc
  .record({ periodStart: time, periodEnd: time, meter: text, priceList: text, effectiveFrom: time, window: text, adjustment: fc.boolean(), quantity: decimal, amount: decimal, events: fc.nat() })
  .map((one) => ({ ...one, fee: '', description: '' }));
const feeLine = fc
  .record({ periodStart: time, periodEnd: time, fee: fc.string({ minLength: 1, maxLength: 9 }), description: text, adjustment: fc.boolean(), quantity: decimal, amount: decimal })
  .map((one) => ({ ...one, meter: '', priceList: '', effectiveFrom: 0, window: '', events: 0 }));

const terms: DeviceTerms = {
  deviceId: 'dev_1',
  deviceName: 'Säule',
  customerId: 'cus_1',
  contractId: 'con_1',
  contractVersion: 2,
  department: '',
  partnerId: '',
  currency: 'EUR',
  timeZone: 'Europe/Amsterdam',
  period: { every: 'month', anchor_day: 1 },
  priceLists: ['public'],
  fees: [{ code: 'base', description: 'Base', amount: '9.95' }],
  hold: { threshold: '', minimum: '5', longestDays: 60 },
  startDate: '2026-01-01',
  endDate: '',
};
const state: fc.Arbitrary<AccountState> = fc.record({
  terms: fc.constant(terms),
  termsBytes: fc.constant(encodeTerms(terms)),
  blocked: fc.option(fc.record({ reason: text, since: time }), { nil: undefined }),
  blockAskedBy: fc.option(fc.record({ chain: text, n: fc.nat() }), { nil: undefined }),
  openedAt: time,
  lastClosedAt: time,
  closedUntil: time,
  feesUntil: time,
  heldSince: time,
  pages: fc.nat(),
  lastDigest: fc.nat(),
  events: fc.nat(),
  sources: fc.array(fc.record({ source: text, greatest: text }), { maxLength: 8 }),
  pending: fc.array(fc.oneof(line, feeLine), { maxLength: 5 }),
  rated: fc.record(
    {
      periods: fc.array(fc.record({ start: time, end: time, uses: fc.array(usage, { maxLength: 3 }) }), { maxLength: 3 }),
      registers: fc.dictionary(text, fc.tuple(time, text), { noNullPrototype: true }),
    },
    { requiredKeys: ['periods'] },
  ),
});

describe('the state of a device account', () => {
  it('reads back as it was written, to the same bytes', () => {
    fc.assert(
      fc.property(state, (value) => {
        const bytes = encodeState(value);
        const read = decodeState(bytes);
        expect(read).toEqual(value);
        expect(encodeState(read)).toEqual(bytes);
      }),
      { numRuns: 200 },
    );
  });
});
