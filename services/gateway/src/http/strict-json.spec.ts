import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import fc from 'fast-check';
import { deepestJson, jsonPath, parseStrictJson } from './strict-json.js';

const bytes = (text: string) => Buffer.from(text);

function refusal(text: string | Uint8Array): Problem | undefined {
  try {
    parseStrictJson(typeof text === 'string' ? bytes(text) : text);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

describe('strict JSON', () => {
  it('reads what JSON.parse reads', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 8, noUnicodeString: false }), fc.constantFrom(undefined, 1, '\t'), (text, indent) => {
        const value: unknown = JSON.parse(text);
        fc.pre(!text.includes('__proto__') && text.isWellFormed());
        expect(parseStrictJson(bytes(JSON.stringify(value, null, indent)))).toEqual(value);
      }),
    );
  });

  it('refuses everything else with a problem, never with another error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), fc.string({ unit: fc.constantFrom(...'{}[]",:\\u0e1-+.tfn ') }).map(bytes)), (data) => {
        const strict = refusal(data);
        if (strict) expect(strict.code).toBe('invalid_json');
        else expect(() => JSON.parse(new TextDecoder().decode(data)) as unknown).not.toThrow();
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses what JSON.parse lets pass: a member twice, half a character, bytes that are not UTF-8', () => {
    expect(refusal('{"a":{"b":1,"b":2}}')?.extra.param).toBe('a.b');
    expect(refusal('["\\ud800"]')?.detail).toContain('surrogate');
    expect(refusal(Buffer.from([0x22, 0xff, 0x22]))?.detail).toContain('UTF-8');
    expect(refusal('1e999')?.detail).toContain('too large');
  });

  it('goes as deep as it says', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(refusal(nested(deepestJson))).toBeUndefined();
    expect(refusal(nested(deepestJson + 1))?.detail).toContain('deeper than 32');
  });

  it('names the place of a member as people write it', () => {
    expect(jsonPath(['lines', 0, 'net'])).toBe('lines[0].net');
  });
});
