import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import fc from 'fast-check';
import { gzipSync } from 'node:zlib';
import { type BodyForm, bodyFormOf, inflateBody } from './decode-body.js';
import { defaultIntakeLimits } from './intake-limits.js';
import { findJsonFault } from './json-walk.js';
import { LongNumber } from './long-number.js';
import { parseBody, UnreadableRecord } from './parse-body.js';

const limits = defaultIntakeLimits;
const parse = (text: string, form: BodyForm = 'either') => parseBody(Buffer.from(text), form, limits);

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the body of a usage request', () => {
  it('is one event, an array, or one event per line', () => {
    expect(parse('{"a":1}').records).toEqual([{ a: 1 }]);
    expect(parse('[{"a":1},{"a":2}]').records).toHaveLength(2);
    expect(parse('{"a":1}\n\n  {"a":2}  \r\n{"a":3}', 'lines').records).toEqual([{ a: 1 }, { a: 2 }, { a: 3 }]);
  });

  it('is as its content type says', () => {
    expect(bodyFormOf('application/cloudevents-batch+json; charset=UTF-8')).toBe('list');
    expect(problemOf(() => bodyFormOf('text/html')).code).toBe('unsupported_media_type');
    expect(problemOf(() => bodyFormOf('application/json; charset=latin1')).code).toBe('unsupported_media_type');
    expect(problemOf(() => parse('{}', 'list')).detail).toContain('application/cloudevents+json');
    expect(problemOf(() => parse('[{}]', 'one')).detail).toContain('application/cloudevents-batch+json');
  });

  it.each([
    ['{"a":1,\n "b" 2}', 2, 6, 'colon'],
    ['[1,2', 1, 5, 'ends'],
    ['{"a": tru}', 1, 7, 'a value'],
    ['{"a": "x', 1, 7, 'no end'],
    ['{} {}', 1, 4, 'after the end'],
    ['', 1, 1, 'ends'],
    ['["\\x"]', 1, 3, 'backslash'],
    ['[01]', 1, 2, 'a value'],
  ])('that is not JSON is refused with the place: %s', (text, line, column, what) => {
    const problem = problemOf(() => parse(text));
    expect(problem.code).toBe('invalid_json');
    expect(problem.extra).toMatchObject({ line, column });
    expect(problem.detail).toContain(what);
  });

  it('names the line of NDJSON that is not JSON, and keeps the others', () => {
    const { records } = parse('{"a":1}\n{"a":\n{"a":3}', 'lines');
    expect(records[0]).toEqual({ a: 1 });
    expect(records[1]).toBeInstanceOf(UnreadableRecord);
    expect(records[1]).toMatchObject({ text: '{"a":', detail: expect.stringContaining('Line 2') });
    expect(records[2]).toEqual({ a: 3 });
    expect(problemOf(() => parse('nonsense\nmore', 'lines')).extra).toMatchObject({ line: 1 });
    expect(parse('1,2\n[3\n4]\n5', 'lines').records.filter((record) => record instanceof UnreadableRecord)).toHaveLength(3);
  });

  it('has a byte order mark, or bytes that are not UTF-8: refused with the position', () => {
    expect(problemOf(() => parseBody(Buffer.from('\uFEFF{}'), 'either', limits)).detail).toContain('byte order mark');
    const broken = Buffer.concat([Buffer.from('{"a":"é\uFFFD'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(problemOf(() => parseBody(broken, 'either', limits)).extra).toMatchObject({ position: 11 });
  });

  it('is too deep, too long or empty', () => {
    expect(problemOf(() => parse(`${'['.repeat(40)}${']'.repeat(40)}`)).detail).toContain('at most 32');
    expect(problemOf(() => parse('['.repeat(1_000_000))).code).toBe('invalid_json');
    expect(problemOf(() => parse(JSON.stringify(Array(10_001).fill(0)))).code).toBe('payload_too_large');
    expect(problemOf(() => parse('[]')).code).toBe('invalid_request');
    expect(problemOf(() => parse('\n\n', 'lines')).code).toBe('invalid_request');
  });

  it('keeps numbers that would lose digits as they were written', () => {
    const { records } = parse('[0.25, 12345678901234567890, 1e3, 0.1000000000000000055, 37.97155556731436, 0.00000000000000025]');
    expect(records).toEqual([
      0.25,
      new LongNumber('12345678901234567890'),
      new LongNumber('1e3'),
      new LongNumber('0.1000000000000000055'),
      new LongNumber('37.97155556731436'),
      0.00000000000000025,
    ]);
  });

  it('tells which event has a key twice', () => {
    expect(parse('[{"a":1},{"a":{"b":1,"\\u0062":2}}]').duplicateKeys).toEqual(new Map([[1, 'b']]));
    expect(parse('{"a":1}\n{"c":1,"c":1}', 'lines').duplicateKeys).toEqual(new Map([[1, 'c']]));
    expect(parse('[{"a":[{"b":1},{"b":1}]}]').duplicateKeys).toBeUndefined();
    expect(parse('[{"a":1e3},{"b":1,"b":2}]').duplicateKeys).toEqual(new Map([[1, 'b']]));
    expect(parse('[{"a":1e3}]').duplicateKeys).toBeUndefined();
  });

  it('is unpacked when it is gzip, within bounds', async () => {
    const plain = Buffer.from('[1,2,3]');
    expect(Buffer.from(await inflateBody(gzipSync(plain), 'gzip', limits))).toEqual(plain);
    const bomb = gzipSync(Buffer.alloc(20 << 20));
    await expect(inflateBody(bomb, 'gzip', limits)).rejects.toMatchObject({ code: 'payload_too_large' });
    await expect(inflateBody(gzipSync(plain).subarray(0, 12), 'gzip', limits)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(inflateBody(plain, 'gzip', limits)).rejects.toMatchObject({ code: 'invalid_request' });
    await expect(inflateBody(plain, 'br', limits)).rejects.toMatchObject({ code: 'unsupported_media_type' });
    await expect(inflateBody(Buffer.alloc(limits.bodyBytes + 1), '', limits)).rejects.toMatchObject({
      code: 'payload_too_large',
    });
  });

  it('of any JSON reads as JSON.parse reads it', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = JSON.stringify(value);
        const { records } = parse(`[${text}]`);
        expect(
          JSON.parse(
            JSON.stringify(records[0], (_key, member: unknown) => (member instanceof LongNumber ? Number(member.text) : member)),
          ),
        ).toEqual(JSON.parse(text));
      }),
    );
  });

  it('of any bytes is read or refused, and nothing else', () => {
    const jsonish = fc.array(
      fc.constantFrom('{', '}', '[', ']', '"', ':', ',', '\n', '\\', '1', 'e', '.', '-', 'null', '"a"', ' ', '\u0000', 'é'),
      { maxLength: 40 },
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      jsonish.map((pieces) => Uint8Array.from(Buffer.from(pieces.join('')))),
    );
    fc.assert(
      fc.property(bytes, fc.constantFrom<BodyForm>('one', 'list', 'either', 'lines'), (body, form) => {
        try {
          parseBody(body, form, limits);
        } catch (error) {
          expect(error).toBeInstanceOf(Problem);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('is found at fault exactly where JSON.parse refuses it', () => {
    const jsonish = fc.array(fc.constantFrom('{', '}', '[', ']', '"a"', ':', ',', '1', '-', '.5', 'true', ' '), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(jsonish, (pieces) => {
        const text = pieces.join('');
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        expect(findJsonFault(text) === undefined).toBe(isJson);
      }),
      { numRuns: 3000 },
    );
  });
});
