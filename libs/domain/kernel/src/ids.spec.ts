import { describe, expect, it } from '@jest/globals';
import { fromRfc3339, toRfc3339 } from './clock.js';
import { derivedId, isId, newId } from './ids.js';

const randomness = { bytes: (count: number) => new Uint8Array(count).fill(7) };

describe('ids', () => {
  it('sort by the time they were made at', () => {
    const ids = [1, 1000, 1_700_000_000_000, 1_800_000_000_000].map((now) => newId('invoice', now, randomness));
    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) expect(isId('invoice', id)).toBe(true);
  });

  it('are the same for the same command sent again, and others for its other things', () => {
    const cause = newId('request', 1_700_000_000_000, randomness);
    expect(derivedId('customer', 'ten_a', cause)).toBe(derivedId('customer', 'ten_a', cause));
    expect(derivedId('customer', 'ten_a', cause)).not.toBe(derivedId('customer', 'ten_b', cause));
    expect(derivedId('customer', 'ten_a', cause, 1)).not.toBe(derivedId('customer', 'ten_a', cause, 2));
    expect(derivedId('customer', 'ten_a', cause).slice(4, 14)).toBe(cause.slice(4, 14));
    expect(isId('customer', derivedId('customer', 'ten_a', 'dunning:inv_1:2'))).toBe(true);
  });
});

describe('times', () => {
  it('are read as RFC 3339 writes them (its section 5.8)', () => {
    expect(fromRfc3339('1985-04-12T23:20:50.52Z')).toBe(Date.UTC(1985, 3, 12, 23, 20, 50, 520));
    expect(fromRfc3339('1996-12-19T16:39:57-08:00')).toBe(Date.UTC(1996, 11, 20, 0, 39, 57));
    expect(fromRfc3339('2026-02-12T15:15:46.014773143Z')).toBe(Date.UTC(2026, 1, 12, 15, 15, 46, 14));
  });

  it('are refused when the day or hour does not exist, or anything is missing', () => {
    for (const text of ['2026-02-29T00:00:00Z', '2026-13-01T00:00:00Z', '2026-01-01', '2026-01-01T25:00:00Z', '2026-01-01T00:00:00', 'soon']) {
      expect(fromRfc3339(text)).toBeUndefined();
    }
  });

  it('read back what they wrote', () => {
    expect(fromRfc3339(toRfc3339(1_763_800_000_123))).toBe(1_763_800_000_123);
  });
});
