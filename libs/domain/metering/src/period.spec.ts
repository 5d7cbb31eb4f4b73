import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isDate, periodAt, periodCalendar, type PeriodRule, periodRuleFault, periodsBetween } from './period.js';
import { isTimeZone, localDateAt, zoneClock } from './zone-clock.js';

const at = (text: string): number => Date.parse(text);
const iso = (instant: number): string => new Date(instant).toISOString();

describe('periods', () => {
  it('begin at local midnight, summer and winter', () => {
    const march = periodAt({ every: 'month' }, 'Europe/Stockholm', at('2026-03-15T12:00:00Z'));
    expect([march.key, iso(march.start), iso(march.end)]).toEqual(['2026-03-01', '2026-02-28T23:00:00.000Z', '2026-03-31T22:00:00.000Z']);
  });

  it('have 23 and 25 hours on the days when clocks change', () => {
    const hours = (text: string): number => {
      const { start, end } = periodAt({ every: 'day' }, 'Europe/Amsterdam', at(text));
      return (end - start) / 3_600_000;
    };
    expect([hours('2026-03-29T12:00:00Z'), hours('2026-10-25T12:00:00Z'), hours('2026-06-01T12:00:00Z')]).toEqual([23, 25, 24]);
  });

  it('anchored at the 31st begin on the last day of shorter months', () => {
    const keys = periodsBetween({ every: 'month', anchor_day: 31 }, 'Europe/Stockholm', at('2028-01-31T00:00:00+01:00'), at('2028-06-01T00:00:00Z'));
    expect(keys.map(({ key }) => key)).toEqual(['2028-01-31', '2028-02-29', '2028-03-31', '2028-04-30', '2028-05-31']);
  });

  it('of 28 days count from the anchor in both directions', () => {
    const rule: PeriodRule = { every: '28_days', anchor: '2026-01-15' };
    expect(['2026-01-14T12:00:00Z', '2026-01-15T00:00:00Z', '2026-02-12T00:00:00Z'].map((text) => periodAt(rule, 'UTC', at(text)).key)).toEqual([
      '2025-12-18',
      '2026-01-15',
      '2026-02-12',
    ]);
  });

  it('of a week begin on the weekday, Monday unless said otherwise', () => {
    expect(periodAt({ every: 'week' }, 'UTC', at('2026-11-15T23:59:59Z')).key).toBe('2026-11-09');
    expect(periodAt({ every: 'week', weekday: 7 }, 'UTC', at('2026-11-15T00:00:00Z')).key).toBe('2026-11-15');
  });

  it('of a year begin on their day, on the 28th where there is no 29th of February', () => {
    const rule: PeriodRule = { every: 'year', anchor_month: 2, anchor_day: 29 };
    expect(['2026-02-27', '2026-02-28', '2028-02-28', '2028-02-29'].map((day) => periodAt(rule, 'UTC', at(`${day}T12:00:00Z`)).key)).toEqual([
      '2025-02-28',
      '2026-02-28',
      '2027-02-28',
      '2028-02-29',
    ]);
  });

  it('start at one o\'clock where the clocks skip midnight', () => {
    // Santiago moved from 24:00 to 01:00 at the start of 2024-09-08.
    const day = periodAt({ every: 'day' }, 'America/Santiago', at('2024-09-08T12:00:00Z'));
    expect([day.key, iso(day.start), (day.end - day.start) / 3_600_000]).toEqual(['2024-09-08', '2024-09-08T04:00:00.000Z', 23]);
  });

  const zones = ['UTC', 'Europe/Stockholm', 'America/New_York', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Africa/Cairo'];
  const rules = fc.oneof<fc.Arbitrary<PeriodRule>[]>(
    fc.record({ every: fc.constant('month' as const), anchor_day: fc.integer({ min: 1, max: 31 }) }),
    fc.record({ every: fc.constant('year' as const), anchor_month: fc.integer({ min: 1, max: 12 }), anchor_day: fc.integer({ min: 1, max: 31 }) }),
    fc.record({ every: fc.constant('week' as const), weekday: fc.integer({ min: 1, max: 7 }) }),
    fc.record({ every: fc.constant('28_days' as const), anchor: fc.constantFrom('2026-01-15', '2030-12-31') }),
    fc.constant({ every: 'day' as const }),
  );

  it('cover time without gap or overlap, and name each period once', () => {
    fc.assert(
      fc.property(rules, fc.constantFrom(...zones), fc.integer({ min: at('2015-01-01'), max: at('2040-01-01') }), (rule, zone, instant) => {
        const period = periodAt(rule, zone, instant);
        expect(period.start <= instant && instant < period.end).toBe(true);
        const next = periodCalendar(rule, zone).after(period);
        expect(next.start).toBe(period.end);
        expect(next.key > period.key).toBe(true);
        expect(periodAt(rule, zone, period.end - 1)).toEqual(period);
        expect(localDateAt(period.start, zone)).toBe(period.key);
      }),
    );
  });

  it('are refused with the member that is wrong', () => {
    expect(periodRuleFault({ every: 'month', anchor_day: 32 })?.path).toBe('anchor_day');
    expect(periodRuleFault({ every: '28_days', anchor: '2026-02-30' })?.path).toBe('anchor');
    expect(periodRuleFault({ every: 'fortnight' } as unknown as PeriodRule)?.path).toBe('every');
    expect(() => periodCalendar({ every: 'month', anchor_day: 0 }, 'UTC')).toThrow('anchor_day');
    expect(() => periodCalendar({ every: 'day' }, 'Mars/Olympus')).toThrow('Mars/Olympus');
    expect(['2026-02-28', '2026-02-29', '2026-2-1', 7].map(isDate)).toEqual([true, false, false, false]);
  });
});

describe('zone clock', () => {
  it('knows the offset on both sides of a change, asked in any order', () => {
    const clock = zoneClock('Europe/Stockholm');
    const change = at('2026-03-29T01:00:00Z');
    expect([change, change - 1, change + 1, at('2026-12-01'), at('1990-07-01')].map((instant) => clock.offsetAt(instant) / 3_600_000)).toEqual([2, 1, 2, 1, 2]);
  });

  it('takes IANA names only', () => {
    expect(['UTC', 'Europe/Stockholm', '+01:00', 'Nowhere/Land', ''].map(isTimeZone)).toEqual([true, true, false, false, false]);
  });
});
