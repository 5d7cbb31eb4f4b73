import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { contentOf, nativeEvent, newIntake } from './accept.fixture.js';
import type { BodyForm } from './decode-body.js';
import { defaultIntakeLimits } from './intake-limits.js';
import { parseBody } from './parse-body.js';
import { readPlainEvents } from './plain-events.js';
import { readRecords } from './read-records.js';

const bytesOf = (text: string) => Buffer.from(text, 'utf8');
const quickly = (text: string, form: BodyForm, most = 10_000) => readPlainEvents(bytesOf(text), form, most, 'rcp_a');

/** What the thorough reader makes of a body: its events, or `refused` when anything in it is. */
function thoroughly(text: string, form: BodyForm) {
  const intake = newIntake();
  try {
    readRecords(parseBody(bytesOf(text), form, defaultIntakeLimits), undefined, () => undefined, intake);
  } catch {
    return 'refused';
  }
  const { events, refused } = contentOf(intake);
  return refused.length > 0 || intake.filtered > 0 ? 'refused' : events;
}

const word = fc.string({ unit: fc.constantFrom(...'abcXYZ019 *-:/.{}[],'), minLength: 1, maxLength: 12 });
/** Mostly as it should be, sometimes just beside it. */
const odd = fc.oneof(
  { weight: 20, arbitrary: word },
  fc.constantFrom('', 'é', 'a"b', 'back\\slash', 'x\u0001', '\u007f', 'x'.repeat(300)),
  fc.integer(),
  fc.constant(null),
);
const time = fc.oneof(
  { weight: 10, arbitrary: fc.date({ min: new Date('2000-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }).map((date) => date.toISOString()) },
  fc.constantFrom('2026-02-30T00:00:00Z', '2026-03-01T10:00:00+02:00', '1999-12-31T23:59:59Z', 'now'),
);
const quantity = fc.oneof({ weight: 10, arbitrary: fc.integer({ min: -999, max: 99_999 }).map((n) => String(n / 8)) }, fc.constantFrom('01', '1.', '', '1e3', '-', '00'), fc.double({ noNaN: true }));
/** Now and then with a member that nobody knows. */
const sometimesUnknown = <T extends object>(known: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 20, arbitrary: known as fc.Arbitrary<object> }, fc.tuple(known, word).map(([value, extra]) => ({ ...value, extra })));
const names = fc.oneof({ weight: 20, arbitrary: word }, fc.constantFrom('__proto__', ''));
const data = sometimesUnknown(
  fc.record({ meter: odd, quantity, key: odd, dimensions: fc.dictionary(names, odd, { maxKeys: 3 }) }, { requiredKeys: ['meter'] }),
);
const specversion = fc.oneof({ weight: 20, arbitrary: fc.constant('1.0') }, fc.constant('0.3'));
const record = sometimesUnknown(
  fc.record(
    { specversion, type: fc.constant('tollkeeper.usage.v1'), id: odd, source: odd, subject: odd, time, data, datacontenttype: fc.constant('application/json') },
    { requiredKeys: ['specversion', 'type', 'id', 'source', 'subject', 'time', 'data'] },
  ),
);
/** Members in any order. */
const shuffled = record.chain((value) => fc.shuffledSubarray(Object.entries(value), { minLength: Object.keys(value).length }).map((entries) => Object.fromEntries(entries)));
const space = fc.constantFrom('', ' ', '\n', '\r\n', '\t');

const bodies: fc.Arbitrary<{ readonly text: string; readonly form: BodyForm }> = fc.oneof(
  fc.tuple(fc.array(shuffled, { maxLength: 4 }), fc.constantFrom(undefined, 1, '\t'), space, fc.constantFrom<BodyForm>('list', 'either')).map(([records, indent, around, form]) => ({ text: around + JSON.stringify(records, null, indent) + around, form })),
  fc.tuple(shuffled, fc.constantFrom(undefined, 2), space, fc.constantFrom<BodyForm>('one', 'either', 'list')).map(([one, indent, around, form]) => ({ text: around + JSON.stringify(one, null, indent) + around, form })),
  fc.tuple(fc.array(shuffled, { maxLength: 4 }), fc.constantFrom('\n', '\r\n', '\n\n', ' \n\t', ''), fc.constantFrom(undefined, 1)).map(([records, between, indent]) => ({ text: records.map((one) => JSON.stringify(one, null, indent)).join(between), form: 'lines' as const })),
);

describe('the quick reader of plain events', () => {
  it('reads what the thorough one reads, or leaves the body to it', () => {
    let read = 0;
    fc.assert(
      fc.property(bodies, ({ text, form }) => {
        const events = quickly(text, form);
        if (!events) return;
        read++;
        expect(events).toEqual(thoroughly(text, form));
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  it('leaves nothing plain to the thorough one', () => {
    const records = [nativeEvent(), nativeEvent({ id: 'e-2', datacontenttype: 'application/json' }, { key: 'user', dimensions: { lane: '2' } })];
    for (const indent of [undefined, 2]) expect(quickly(JSON.stringify(records, null, indent), 'list')).toHaveLength(2);
    expect(quickly(JSON.stringify(records[0]), 'one')).toHaveLength(1);
    expect(quickly(JSON.stringify(records[0]), 'either')).toHaveLength(1);
    expect(quickly(`${records.map((one) => JSON.stringify(one)).join('\r\n')}\n`, 'lines')).toHaveLength(2);
  });

  it('leaves bodies with bytes changed anywhere to the thorough one, or agrees with it', () => {
    const text = JSON.stringify([nativeEvent(), nativeEvent({ id: 'e-2' }, { key: 'k', dimensions: { lane: '2' } })]);
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom('', '"', '\\', ',', '{', '}', ']', ':', ' ', '\n', '0', 'é', '\u0000'), (at, by) => {
        const changed = text.slice(0, at) + by + text.slice(at + 1);
        const events = quickly(changed, 'list');
        if (events) expect(events).toEqual(thoroughly(changed, 'list'));
      }),
      { numRuns: 3000 },
    );
    for (let length = 0; length < text.length; length++) expect(quickly(text.slice(0, length), 'list')).toBeUndefined();
  });

  it('takes no more records than are allowed', () => {
    const records = JSON.stringify([nativeEvent(), nativeEvent({ id: 'e-2' })]);
    expect(quickly(records, 'list', 2)).toHaveLength(2);
    expect(quickly(records, 'list', 1)).toBeUndefined();
    expect(quickly('[]', 'list')).toBeUndefined();
  });
});
