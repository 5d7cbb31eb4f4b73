import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fromCanonicalBytes, toCanonicalBytes } from '../canonical-json.js';
import { hashOf, nextEntry, sameBytes } from './append.js';
import { decodeEntry, encodeEntry } from './encoding.js';
import type { Entry, EntryDraft } from './entry.js';
import { ChainVerifier } from './verify.js';

const draft: fc.Arbitrary<EntryDraft> = fc.record({
  bookedAt: fc.nat({ max: Number.MAX_SAFE_INTEGER }),
  cause: fc.string({ unit: 'binary' }),
  kind: fc.string(),
  body: fc.uint8Array({ maxLength: 300 }),
  state: fc.uint8Array({ maxLength: 60 }),
});

function chainOf(name: string, drafts: readonly EntryDraft[]): Entry[] {
  const entries: Entry[] = [];
  for (const one of drafts) entries.push(nextEntry(name, entries.at(-1), one));
  return entries;
}

function faultIn(name: string, entries: readonly Entry[]) {
  const verifier = new ChainVerifier(name);
  for (const entry of entries) {
    const fault = verifier.next(entry);
    if (fault) return fault;
  }
  return undefined;
}

describe('a chain', () => {
  it('reads back every entry that it wrote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(draft, { minLength: 1, maxLength: 5 }), (name, drafts) => {
        for (const entry of chainOf(name, drafts)) {
          const read = decodeEntry(encodeEntry(entry));
          expect({ ...read, prev: [...read.prev], hash: [...read.hash], body: [...read.body], state: [...read.state] }).toEqual({
            ...entry,
            prev: [...entry.prev],
            hash: [...entry.hash],
            body: [...entry.body],
            state: [...entry.state],
          });
        }
      }),
    );
  });

  it('verifies as it was written, and its head says so', () => {
    const entries = chainOf('device/t/d', [1, 2, 3].map((i) => ({ bookedAt: i, cause: `c${i}`, kind: 'k', body: new Uint8Array([i]), state: new Uint8Array() })));
    const verifier = new ChainVerifier('device/t/d');
    for (const entry of entries) expect(verifier.next(entry)).toBeUndefined();
    expect(verifier.head.n).toBe(3);
    expect(sameBytes(verifier.head.hash, entries[2]?.hash ?? new Uint8Array())).toBe(true);
  });

  it('shows any edited, deleted or reordered entry', () => {
    fc.assert(
      fc.property(fc.array(draft, { minLength: 3, maxLength: 6 }), fc.nat(), fc.constantFrom('edit', 'delete', 'swap', 'rehash'), (drafts, pick, how) => {
        const entries = chainOf('c', drafts);
        const at = pick % (entries.length - 1);
        const [one, two] = [entries[at], entries[at + 1]];
        if (!one || !two) throw new Error('the chain is too short');
        if (how === 'edit') entries[at] = { ...one, bookedAt: one.bookedAt === 0 ? 1 : one.bookedAt - 1 };
        if (how === 'delete') entries.splice(at, 1);
        if (how === 'swap') entries.splice(at, 2, two, one);
        if (how === 'rehash') {
          const forged = { ...one, cause: `${one.cause}!` };
          entries[at] = { ...forged, hash: hashOf(forged) };
        }
        expect(faultIn('c', entries)).toBeDefined();
      }),
    );
  });

  it('refuses bytes that are cut, longer than they say, or of another layout', () => {
    const [entry] = chainOf('c', [{ bookedAt: 1, cause: 'x', kind: 'k', body: new Uint8Array(9), state: new Uint8Array(3) }]);
    if (!entry) throw new Error('no entry');
    const bytes = encodeEntry(entry);
    for (let cut = 1; cut < bytes.length; cut++) expect(() => decodeEntry(bytes.subarray(0, cut))).toThrow(RangeError);
    expect(() => decodeEntry(new Uint8Array([...bytes, 0]))).toThrow(RangeError);
    expect(() => decodeEntry(new Uint8Array([9, ...bytes.subarray(1)]))).toThrow('layout 9');
  });
});

describe('canonical JSON', () => {
  it('writes one text for one value, whatever the order of its members', () => {
    expect(new TextDecoder().decode(toCanonicalBytes({ b: [1, 'ö', null], a: { d: true, c: undefined } }))).toBe('{"a":{"d":true},"b":[1,"ö",null]}');
  });

  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        fc.pre(!JSON.stringify(value).match(/\d[.e]\d|\d{16}|e[+-]?\d|"__proto__"/));
        expect(fromCanonicalBytes(toCanonicalBytes(JSON.parse(JSON.stringify(value)) as never))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('refuses a fraction, because two writers could spell it differently', () => {
    expect(() => toCanonicalBytes({ amount: 0.1 })).toThrow('write decimals as strings');
  });
});
