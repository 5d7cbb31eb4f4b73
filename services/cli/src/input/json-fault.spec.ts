import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { jsonFault } from './json-fault.js';
import { jsonValues } from './json-values.js';

const isJson = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('faults of JSON', () => {
  it('are found in exactly those texts that are no JSON', () => {
    const pieces = fc
      .array(
        fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"', '\\', '1', '-', '.5', 'e1', '01', 'true', 'nul', ' ', '\n', '"\\u00e9"'),
        { maxLength: 12 },
      )
      .map((some) => some.join(''));
    fc.assert(
      fc.property(fc.oneof(pieces, fc.json()), (text) => expect([text, jsonFault(text) === undefined]).toEqual([text, isJson(text)])),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{"a": 1,, }', 8, 'a name in quotes should stand here'],
    ['{"a" 1}', 5, ': should stand here'],
    ['[1 2]', 3, ', or ] should stand here'],
    ['{} {}', 3, 'nothing more should stand here'],
    ['{"a": tru}', 6, 'a value should stand here'],
    ['[1', 2, 'the text ends where , or ] should stand'],
  ])('of %s stand at %i', (text, offset, wanted) => {
    expect(jsonFault(text)).toEqual({ offset, wanted });
  });
});

describe('values of a file', () => {
  const values = async (pieces: readonly string[]) => {
    const found: unknown[] = [];
    const source = (async function* () {
      yield* pieces;
    })();
    for await (const { value, text } of jsonValues('f', source)) found.push([value, text]);
    return found;
  };

  it('are the same wherever the file is cut into pieces, as array or one behind the other', async () => {
    const cut = fc.tuple(
      fc.array(fc.jsonValue({ maxDepth: 3 }), { minLength: 1, maxLength: 5 }),
      fc.boolean(),
      fc.array(fc.nat(200), { maxLength: 6 }),
    );
    await fc.assert(
      fc.asyncProperty(cut, async ([list, array, cuts]) => {
        const items = list.filter((item) => array || typeof item === 'object');
        if (items.length === 0 || (!array && Array.isArray(items[0]))) return;
        const text = array ? JSON.stringify(items, undefined, 1) : `${items.map((item) => JSON.stringify(item)).join('\n')}\n`;
        const at = [0, ...cuts.map((one) => Math.min(one, text.length)).sort((a, b) => a - b), text.length];
        const pieces = at.slice(1).map((end, i) => text.slice(at[i], end));
        const found = await values(pieces);
        expect(found.map((one) => (one as [unknown])[0])).toEqual(JSON.parse(JSON.stringify(items)));
      }),
    );
  });
});
