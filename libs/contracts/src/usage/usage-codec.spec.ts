import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { usageV1 } from '../index.js';
import { decodeUsageBatch, encodeUsageBatch, type UsageBatchValue, type UsageEventValue } from '../usage-codec.js';

const { UsageBatchSchema } = usageV1;

const generated = (value: UsageBatchValue) => {
  const events = value.events.map(({ time, receiptId: _once, ...event }) => ({ ...event, timeMs: time }));
  return create(UsageBatchSchema, { ...value, events });
};

const text = fc.oneof(
  fc.constant(''),
  fc.string({ unit: 'grapheme-ascii', maxLength: 20 }),
  fc.string({ unit: 'grapheme', maxLength: 150 }).filter((s) => s.isWellFormed()),
);
const event: fc.Arbitrary<UsageEventValue> = fc.record({
  id: text,
  source: text,
  device: text,
  meter: text,
  time: fc.oneof(fc.double(), fc.integer({ min: 0, max: 2_000_000_000_000 }), fc.constant(0), fc.constant(-0)),
  quantity: text,
  key: text,
  dimensions: fc.option(fc.dictionary(text, text, { minKeys: 1, maxKeys: 4, noNullPrototype: true }), { nil: undefined }),
  receiptId: fc.constant(''),
  ordinal: fc.integer({ min: 0, max: 0xffffffff }),
});
const batch: fc.Arbitrary<UsageBatchValue> = fc
  .record({
  tenantId: text,
  receiptId: text,
  part: text,
  receivedMs: fc.integer({ min: 0, max: 2_000_000_000_000 }),
  events: fc.array(event, { maxLength: 12 }),
})
  .map((value) => ({ ...value, events: value.events.map((one) => ({ ...one, receiptId: value.receiptId })) }));

const sample: UsageEventValue = {
  id: 'e-000001',
  source: 'meters/hall-1',
  device: 'SE*NGR*E0001',
  meter: 'energy',
  time: 1_790_000_000_000,
  quantity: '0.25',
  key: '',
  dimensions: undefined,
  receiptId: 'rcp_x',
  ordinal: 3,
};
const one = (change: Partial<UsageEventValue>): UsageBatchValue => ({
  tenantId: 'ten_x',
  receiptId: 'rcp_x',
  part: 'p0',
  receivedMs: 1,
  events: [{ ...sample, ...change }],
});

describe('the usage codec', () => {
  it('writes the very bytes that the generated code writes', () => {
    fc.assert(
      fc.property(batch, (value) => {
        expect(Buffer.from(encodeUsageBatch(value)).equals(toBinary(UsageBatchSchema, generated(value)))).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('reads what the generated code writes, and what it wrote itself', () => {
    fc.assert(
      fc.property(batch, (value) => {
        const bytes = toBinary(UsageBatchSchema, generated(value));
        expect(decodeUsageBatch(bytes)).toEqual(value);
        expect(decodeUsageBatch(encodeUsageBatch(value))).toEqual(value);
      }),
      { numRuns: 300 },
    );
  });

  it('grows its buffer for a batch of any size', () => {
    const value = { ...one({}), events: Array.from({ length: 5000 }, (_, i) => ({ ...sample, id: 'é'.repeat(i % 300), ordinal: i })) };
    expect(decodeUsageBatch(encodeUsageBatch(value))).toEqual(value);
    expect(fromBinary(UsageBatchSchema, encodeUsageBatch(value)).events).toHaveLength(5000);
  });

  it('writes events whose length takes more or fewer bytes than most', () => {
    for (const length of [0, 60, 90, 100, 120, 128, 5000, 17_000]) {
      const value = one({ id: 'x'.repeat(length), dimensions: { wide: 'y'.repeat(length) } });
      expect(Buffer.from(encodeUsageBatch(value)).equals(toBinary(UsageBatchSchema, generated(value)))).toBe(true);
    }
  });

  it('passes over fields of a newer writer', () => {
    const known = encodeUsageBatch(one({}));
    const unknown = [0xf8, 0x01, 0x05, 0xfa, 0x01, 0x02, 0x01, 0x02, 0xfd, 0x01, 1, 2, 3, 4];
    expect(decodeUsageBatch(Uint8Array.from([...unknown, ...known]))).toEqual(one({}));
  });

  it('names the receipt in every event, also when another writer puts it behind them', () => {
    const value = one({});
    const bytes = encodeUsageBatch({ ...value, receiptId: '' });
    const receipt = Uint8Array.of(0x12, 5, ...Buffer.from('rcp_x'));
    expect(decodeUsageBatch(Uint8Array.from([...bytes, ...receipt]))).toEqual(value);
  });

  it('refuses bytes that are cut short at any place', () => {
    const bytes = encodeUsageBatch(one({ dimensions: { lane: '1' } }));
    for (let length = 1; length < bytes.length; length++) {
      try {
        expect(decodeUsageBatch(bytes.subarray(0, length))).not.toEqual(one({ dimensions: { lane: '1' } }));
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }
    expect(() => decodeUsageBatch(Uint8Array.of(0x0a, 2, 0xc3, 0x28))).toThrow('not valid for encoding utf-8');
  });
});
