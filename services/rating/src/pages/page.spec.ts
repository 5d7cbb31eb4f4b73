import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { joinFingerprints } from '../identity/digest.js';
import { fingerprint } from '../identity/fingerprint.js';
import { decodePage, encodePage, findEvents, type Page, type PageCharge, readFingerprints, readPageDigest } from './page.js';
import type { PageEvent } from './page-events.js';

const text = fc.oneof(
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 90 }).filter((s) => s.isWellFormed()),
  fc.uuid(),
  fc.integer({ min: 0, max: 1_000_000 }).map((i) => `reading-${i}`),
  fc.ulid().map((ulid) => `rcp_${ulid.toLowerCase()}`),
);
const time = fc.integer({ min: 0, max: 4_000_000_000_000 });
const event: fc.Arbitrary<PageEvent> = fc.record({
  id: text,
  source: fc.oneof(fc.constant('urn:hall'), text),
  meter: fc.constantFrom('energy', 'session', 'märkt'),
  time,
  quantity: fc.oneof(fc.constant('0.25'), fc.constant(''), fc.integer().map(String)),
  key: fc.oneof(fc.constant(''), text),
  dimensions: fc.option(fc.dictionary(text, text, { noNullPrototype: true }), { nil: undefined }),
  ordinal: fc.integer({ min: 0, max: 100_000 }),
  receiptId: text,
});
const charge: fc.Arbitrary<PageCharge> = fc.record({
  periodStart: time,
  periodEnd: time,
  meter: text,
  priceList: text,
  effectiveFrom: fc.integer({ min: -1_000_000_000_000, max: 4_000_000_000_000 }),
  window: text,
  quantity: fc.constantFrom('1', '-0.25', '123456789012345678901234567890.5'),
  amount: fc.constantFrom('0', '0.0625', '-12.5'),
  events: fc.nat(),
});
const digest = fc.record({
  fingerprints: fc
    .array(fc.tuple(fc.integer({ min: 0, max: 0xffffffff }), fc.integer({ min: 1, max: 5000 })), { maxLength: 40 })
    .map((pairs) => joinFingerprints([{ prints: Uint32Array.from(pairs, (p) => p[0]), pages: Uint32Array.from(pairs, (p) => p[1]) }])),
  earlier: fc.array(fc.record({ n: fc.integer({ min: 1, max: 5000 }), until: time, merged: fc.boolean() }), { maxLength: 5 }),
});
const page: fc.Arbitrary<Page> = fc.record({
  catalogue: fc.nat(),
  events: fc.array(event, { maxLength: 20 }),
  charges: fc.array(charge, { maxLength: 4 }),
  digest: fc.option(digest, { nil: undefined }),
});

const readings = (count: number, id: (i: number) => string): PageEvent[] =>
  Array.from({ length: count }, (_, i) => ({
    id: id(i),
    source: 'urn:northgrid:hall-1',
    meter: 'energy',
    time: 1_790_000_000_000 + i * 60_000,
    quantity: `${i % 10}.${100 + i}`,
    key: '',
    dimensions: undefined,
    ordinal: i * 7,
    receiptId: 'rcp_01jd3v8x7pf2q9s6t4w1z0abcd',
  }));

describe('a page', () => {
  it('holds whatever was put into it', () => {
    fc.assert(
      fc.property(page, (value) => {
        expect(decodePage(encodePage(value, 6000), 6000)).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it('shows the fingerprints of its events and its digest without being decoded', () => {
    fc.assert(
      fc.property(page, (value) => {
        const body = encodePage(value, 6000);
        expect([...readFingerprints(body, 6000).prints]).toEqual(value.events.map((e) => fingerprint(e.source, e.id)));
        expect(readPageDigest(body, 6000)).toEqual(value.digest);
      }),
      { numRuns: 100 },
    );
  });

  it('gives the events with some fingerprints as it gives all of them', () => {
    fc.assert(
      fc.property(page, fc.array(fc.nat(19), { maxLength: 4 }), (value, places) => {
        const body = encodePage(value, 6000);
        const print = ({ source, id }: PageEvent) => fingerprint(source, id);
        const prints = new Set(places.flatMap((at) => (value.events[at] ? [print(value.events[at])] : [])));
        expect(findEvents(body, 6000, prints)).toEqual(value.events.filter((one) => prints.has(print(one))));
      }),
      { numRuns: 300 },
    );
  });

  it('takes less than 45 bytes, fingerprint included, for a reading with a counted id or a UUID', () => {
    const uuid = (i: number) => `0193d2a4-7b1c-7e${i % 10}f-8a3b-${(i * 7919).toString(16).padStart(12, '0')}`;
    for (const id of [(i: number) => `reading-${1000 + i}`, uuid]) {
      const body = encodePage({ catalogue: 3, events: readings(16, id), charges: [], digest: undefined }, 9);
      expect(body.length / 16).toBeLessThan(45);
    }
  });

  it('refuses bytes of another layout, and bytes that are cut short at any place', () => {
    const body = encodePage({ catalogue: 3, events: readings(2, String), charges: [], digest: undefined }, 9);
    expect(() => decodePage(Uint8Array.of(9, ...body.subarray(1)), 9)).toThrow('page layout 9');
    for (let length = 0; length < body.length; length++) expect(() => decodePage(body.subarray(0, length), 9)).toThrow(RangeError);
    expect(() => decodePage(Uint8Array.of(...body, 0), 9)).toThrow('after its end');
  });
});
