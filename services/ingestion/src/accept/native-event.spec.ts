import { describe, expect, it } from '@jest/globals';
import { fromRfc3339 } from '@tollkeeper/kernel';
import { decimalFault } from '@tollkeeper/money';
import fc from 'fast-check';
import { contentOf, nativeEvent, newIntake } from './accept.fixture.js';
import { isQuantity } from './event-fields.js';
import { readEventTime } from './event-time.js';
import { defaultIntakeLimits, quantityLimits } from './intake-limits.js';
import { expandExponent, numberText } from './long-number.js';
import { parseBody } from './parse-body.js';
import { readRecords } from './read-records.js';

function read(text: string) {
  const intake = newIntake();
  readRecords(parseBody(Buffer.from(text), 'either', defaultIntakeLimits), undefined, () => undefined, intake);
  return contentOf(intake);
}

const readEvents = (...events: unknown[]) => read(JSON.stringify(events));

describe('usage in its own form', () => {
  it('becomes an event as it is', () => {
    const { events } = readEvents(nativeEvent({}, { key: 'user-7', dimensions: { lane: '2' } }));
    expect(events).toEqual([
      {
        id: 'e-1',
        source: 'hall-1',
        device: 'SE*NGR*E0001',
        meter: 'energy_kwh',
        time: Date.UTC(2026, 2, 1, 10),
        quantity: '1.25',
        key: 'user-7',
        dimensions: { lane: '2' },
        receiptId: 'rcp_a',
        ordinal: 0,
      },
    ]);
  });

  it('takes a JSON number whose text is exact, and needs no quantity', () => {
    expect(
      read(
        JSON.stringify([
          nativeEvent({}, { quantity: 0.1 }),
          nativeEvent({}, { quantity: -3 }),
          nativeEvent({}, { quantity: undefined }),
        ]),
      ).events.map((event) => event.quantity),
    ).toEqual(['0.1', '-3', '']);
    expect(read(JSON.stringify(nativeEvent()).replace('"1.25"', '0.0000001')).events[0]?.quantity).toBe('0.0000001');
  });

  it.each(['12345678901234567', '1e3', '0.12345678901234567', '1E-7'])(
    'refuses the number %s, which may lose digits, and says to send a string',
    (number) => {
      const { events, refused } = read(
        `[${JSON.stringify(nativeEvent())},${JSON.stringify(nativeEvent()).replace('"1.25"', number)}]`,
      );
      expect(events).toHaveLength(1);
      expect(refused[0]).toMatchObject({
        ordinal: 1,
        reason: 'invalid_event',
        param: 'data.quantity',
        detail: expect.stringContaining('decimal string'),
      });
      expect(refused[0]?.original).toContain(number);
    },
  );

  it.each([
    [{ id: '' }, 'id'],
    [{ id: 7 }, 'id'],
    [{ id: undefined }, 'id'],
    [{ source: 'x'.repeat(257) }, 'source'],
    [{ subject: null }, 'subject'],
    [{ subject: 'a\u0001b' }, 'subject'],
    [{ subject: '\ud800' }, 'subject'],
    [{ time: '2026-02-30T10:00:00Z' }, 'time'],
    [{ time: '2026-03-01 10:00' }, 'time'],
    [{ time: '1971-03-01T10:00:00Z' }, 'time'],
    [{ time: 1_790_000_000 }, 'time'],
    [{ specversion: '0.3' }, 'specversion'],
    [{ data: [] }, 'data'],
    [{ data: { meter: 'm', quantity: '1e3' } }, 'data.quantity'],
    [{ data: { meter: 'm', quantity: '1.1234567890123456789' } }, 'data.quantity'],
    [{ data: { meter: 'm', quantity: '123456789012345678901' } }, 'data.quantity'],
    [{ data: { meter: 'm', quantity: '0x10' } }, 'data.quantity'],
    [{ data: { meter: 'm', quantity: ' 1' } }, 'data.quantity'],
    [{ data: { meter: 'm', quantity: true } }, 'data.quantity'],
    [{ data: { meter: 'm'.repeat(65) } }, 'data.meter'],
    [{ data: { quantity: '1' } }, 'data.meter'],
    [{ data: { meter: 'm', quantiy: '5' } }, 'data.quantiy'],
    [{ data: { meter: 'm', dimensions: { a: 1 } } }, 'data.dimensions.a'],
    [
      { data: { meter: 'm', dimensions: Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`d${i}`, 'x'])) } },
      'data.dimensions',
    ],
  ])('is refused alone, with the field that is wrong: %j', (change, param) => {
    const { events, refused } = readEvents(nativeEvent(), nativeEvent(change), nativeEvent());
    expect(events.map((event) => event.ordinal)).toEqual([0, 2]);
    expect(refused).toEqual([expect.objectContaining({ ordinal: 1, reason: 'invalid_event', param })]);
  });

  it('is refused when a key stands twice', () => {
    const { refused } = read(`[${JSON.stringify(nativeEvent()).replace('"quantity"', '"quantity":"1","quantity"')}]`);
    expect(refused[0]?.detail).toContain('stands twice');
  });

  it('of a foreign type needs a mapping', () => {
    const { refused } = readEvents(
      { specversion: '1.0', type: 'com.example.x', id: '1', source: '/a' },
      { plain: true },
      7,
      null,
    );
    expect(refused.map(({ reason, param }) => [reason, param])).toEqual([
      ['no_mapping', 'type'],
      ['invalid_event', 'specversion'],
      ['invalid_event', ''],
      ['invalid_event', ''],
    ]);
  });

  it('keeps each device in one partition, and each event in exactly one batch', () => {
    const { batches } = readEvents(
      ...Array.from({ length: 9000 }, (_, i) => nativeEvent({ id: `e-${i}`, subject: `device-${i % 7}` })),
    );
    const partitions = new Map<string, Set<number>>();
    for (const { partition, batch } of batches) {
      expect(batch.events.length).toBeLessThanOrEqual(4096);
      for (const { device } of batch.events) partitions.set(device, (partitions.get(device) ?? new Set()).add(partition));
    }
    expect([...partitions.values()].every((set) => set.size === 1)).toBe(true);
    expect(new Set(batches.flatMap(({ batch }) => batch.events.map((event) => event.ordinal))).size).toBe(9000);
    expect(new Set(batches.map(({ batch }) => batch.part)).size).toBe(batches.length);
  });

  it('tells a long list of refused events in several parts, each listed by the first', () => {
    const intake = newIntake();
    for (let i = 0; i < 4500; i++) intake.refuse({ reason: 'invalid_event', detail: 'x', param: '' }, { i });
    const outcomes = intake.edgeOutcomes(intake.batches());
    expect(outcomes.map((outcome) => outcome.part)).toEqual(['edge', 'edge2', 'edge3']);
    expect(outcomes[0]).toMatchObject({ received: 4500, parts: ['edge2', 'edge3'] });
    expect(new Set(intake.receipt().results.map((result) => result.quarantineId)).size).toBe(4500);
  });
});

describe('the parts of an event', () => {
  it('reads times on the fast path as the kernel reads them', () => {
    const day = fc.date({ min: new Date('2000-01-02T00:00:00Z'), max: new Date('2099-12-31T23:59:59Z'), noInvalidDate: true });
    fc.assert(
      fc.property(day, (date) => {
        const text = date.toISOString();
        expect(readEventTime(text)).toBe(date.getTime());
        expect(readEventTime(`${text.slice(0, 19)}Z`)).toBe(fromRfc3339(`${text.slice(0, 19)}Z`));
        expect(readEventTime(`${text.slice(0, -1)}+02:00`)).toBe(fromRfc3339(`${text.slice(0, -1)}+02:00`));
      }),
    );
    for (const text of [
      '2026-02-29T00:00:00Z',
      '2026-13-01T00:00:00Z',
      '2026-01-01T24:00:00Z',
      '2026-01-01T00:60:00Z',
      '2026x01-01T00:00:00Z',
    ]) {
      expect(readEventTime(text)).toBeUndefined();
    }
    expect(readEventTime('2028-02-29T00:00:00.014773143Z')).toBe(Date.UTC(2028, 1, 29, 0, 0, 0, 14));
  });

  it('knows a quantity as the money library knows a decimal', () => {
    const text = fc
      .array(fc.constantFrom('0', '1', '9', '.', '-', 'e', '+', ' '), { maxLength: 24 })
      .map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(text, (given) => {
        expect(isQuantity(given)).toBe(decimalFault(given, quantityLimits) === undefined);
      }),
      { numRuns: 3000 },
    );
  });

  it('writes numbers without exponents and without loss', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }),
        fc.integer({ min: 0, max: 15 }),
        (mantissa, scale) => {
          const value = Number(`${mantissa}e-${scale}`);
          const text = numberText(value);
          if (text !== undefined) expect(Number(text)).toBe(value);
          const digits = expandExponent(`${mantissa}e-${scale}`);
          if (digits !== undefined) expect(Number(digits)).toBe(value);
        },
      ),
    );
    expect(expandExponent('1.5E3')).toBe('1500');
    expect(expandExponent('-2.5e-3')).toBe('-0.0025');
    expect(expandExponent('1e400')).toBeUndefined();
    expect(expandExponent('1e30')).toBeUndefined();
  });
});
