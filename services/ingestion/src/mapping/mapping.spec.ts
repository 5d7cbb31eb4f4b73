import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import { Decimal } from '@tollkeeper/money';
import fc from 'fast-check';
import { parseKeepingDigits } from '../accept/long-number.js';
import { CompiledMapping, type Mapped } from './compiled-mapping.js';
import { parseDefinition } from './definition.js';
import { parsePath, recordsAt, valueAt } from './path.js';
import { parseTimeFormat } from './time-format.js';

const event = { id: '{id}', source: 'test', device: '{device}', meter: 'm', time: '{at}', quantity: '{value}' };
const record = { id: 'r1', device: 'd1', at: '2026-03-01T00:00:00Z', value: '5' };

const mapping = (change: Record<string, unknown>, top: Record<string, unknown> = {}) =>
  new CompiledMapping('test', parseDefinition(JSON.stringify({ format: 'json', events: [{ ...event, ...change }], ...top })));

function only(results: readonly Mapped[]) {
  const [result] = results;
  if (results.length !== 1 || !result) throw new Error(`${results.length} results`);
  return result.kind === 'event' ? result.event : result.kind === 'refused' ? result.fault : result.kind;
}

function problemOf(definition: unknown): Problem {
  try {
    parseDefinition(typeof definition === 'string' ? definition : JSON.stringify(definition));
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('the definition was taken');
}

describe('a mapping', () => {
  it('converts units exactly', () => {
    const read = (value: unknown, quantity: Record<string, unknown>) =>
      only(mapping({ quantity: { from: '{value}', ...quantity } }).read({ ...record, value }, 'rcp_1', 0));
    expect(read('1536', { divide: '1024' })).toMatchObject({ quantity: '1.5' });
    expect(read('0.1', { multiply: '3' })).toMatchObject({ quantity: '0.3' });
    expect(read('10', { divide: '3' })).toMatchObject({ quantity: '3.333333333333333333' });
    expect(read('90', { multiply: '2', divide: '3600' })).toMatchObject({ quantity: '0.05' });
    expect(read(1e-7, {})).toMatchObject({ quantity: '0.0000001' });
    expect(read('99999999999999999999', { multiply: '10' })).toMatchObject({ reason: 'invalid_event', param: 'value' });
    expect(read({ nested: 1 }, {})).toMatchObject({ reason: 'invalid_event', param: 'value' });
  });

  it('converts as the money library does, whatever the numbers', () => {
    const decimal = fc
      .tuple(fc.integer({ min: 1, max: 999_999_999 }), fc.integer({ min: 0, max: 6 }))
      .map(([units, scale]) => Decimal.scaled(units, scale).toString());
    fc.assert(
      fc.property(decimal, decimal, (value, factor) => {
        const result = only(mapping({ quantity: { from: '{value}', multiply: factor } }).read({ ...record, value }, 'rcp_1', 0));
        expect(result).toMatchObject({ quantity: Decimal.of(value).times(Decimal.of(factor)).toString() });
      }),
    );
  });

  it('takes numbers of foreign sources with all their digits, exponents too', () => {
    const value = (text: string) =>
      only(mapping({}).read({ ...record, ...(parseKeepingDigits(`{"value":${text}}`) as object) }, 'rcp_1', 0));
    expect(value('0.1234567890123456789')).toMatchObject({ reason: 'invalid_event' });
    expect(value('0.123456789012345678')).toMatchObject({ quantity: '0.123456789012345678' });
    expect(value('1.5e3')).toMatchObject({ quantity: '1500' });
  });

  it('chooses the meter by a table and the record by conditions', () => {
    const own = mapping(
      { meter: { from: '{kind}', table: { a: 'meter_a' }, otherwise: 'meter_x' }, when: [{ path: 'value', greater_than: '1' }] },
      { filters: [{ path: 'test', not_equals: true }] },
    );
    expect(only(own.read({ ...record, kind: 'a' }, 'rcp_1', 0))).toMatchObject({ meter: 'meter_a' });
    expect(only(own.read({ ...record, kind: 'b' }, 'rcp_1', 0))).toMatchObject({ meter: 'meter_x' });
    expect(only(own.read({ ...record, kind: 'b', test: true }, 'rcp_1', 0))).toBe('filtered');
    expect(only(own.read({ ...record, kind: 'b', value: '1' }, 'rcp_1', 0))).toMatchObject({
      reason: 'no_mapping',
      detail: expect.stringContaining('value is greater than 1'),
    });
  });

  it('makes several events of one record, numbered one after the other', () => {
    const two = new CompiledMapping(
      'two',
      parseDefinition(JSON.stringify({ format: 'json', events: [event, { ...event, id: '{id}/2', meter: 'n' }] })),
    );
    expect(
      two.read(record, 'rcp_1', 7).map((result) => (result.kind === 'event' ? [result.event.id, result.event.ordinal] : result.kind)),
    ).toEqual([
      ['r1', 7],
      ['r1/2', 8],
    ]);
    expect(two.read(record, 'rcp_1', 0, {}, 1)).toHaveLength(1);
  });

  it('takes CloudEvents by type, with a star at the end', () => {
    const own = new CompiledMapping(
      'ce',
      parseDefinition(JSON.stringify({ format: 'cloudevents', match: { type: ['a.b', 'x.*'] }, events: [event] })),
    );
    expect(['a.b', 'a.b.c', 'x.y', 'x'].map((type) => own.takesType(type))).toEqual([true, false, true, false]);
  });

  it.each([
    ['not json', 'definition'],
    [{ format: 'xml', events: [event] }, 'definition.format'],
    [{ format: 'json', events: [] }, 'definition.events'],
    [{ format: 'json', events: [{ ...event, device: undefined }] }, 'definition.events[0].device'],
    [{ format: 'json', events: [{ ...event, id: '{a' }] }, 'definition.events[0].id'],
    [{ format: 'json', events: [{ ...event, quantity: 'five' }] }, 'definition.events[0].quantity'],
    [
      { format: 'json', events: [event, { ...event, quantity: { from: '{v}', divide: '0' } }] },
      'definition.events[1].quantity.divide',
    ],
    [{ format: 'json', events: [{ ...event, time: { from: '{t}', format: '%Y-%q' } }] }, 'definition.events[0].time.format'],
    [
      { format: 'json', events: [{ ...event, time: { from: '{t}', format: '%Y-%m-%d', time_zone: 'Mars/Base' } }] },
      'definition.events[0].time.time_zone',
    ],
    [{ format: 'json', events: [{ ...event, colour: 'red' }] }, 'definition.events[0]'],
    [{ format: 'json', filters: [{ path: 'a', equals: 1, exists: true }], events: [event] }, 'definition.filters[0]'],
    [{ format: 'json', records: 'a[', events: [event] }, 'definition.records'],
    [{ format: 'json', csv: {}, events: [event] }, 'definition.csv'],
    [{ format: 'csv', csv: { header: false }, events: [event] }, 'definition.csv.columns'],
  ])('that is not valid is refused with the place in it: %j', (definition, param) => {
    const problem = problemOf(definition);
    expect([problem.code, problem.extra.param]).toEqual(['invalid_request', param]);
  });
});

describe('paths', () => {
  it('lead through names, positions and quoted names, and never to inherited members', () => {
    const document = { a: { b: [{ c: 1 }, { c: 2 }], 'x.y': 3 }, 'Start Time': 4 };
    expect(valueAt(document, parsePath('a.b[1].c'))).toBe(2);
    expect(valueAt(document, parsePath('$.a["x.y"]'))).toBe(3);
    expect(valueAt(document, parsePath('Start Time'))).toBe(4);
    expect(valueAt(document, parsePath('constructor.name'))).toBeUndefined();
    expect(valueAt({ a: 'text' }, parsePath('a.length'))).toBeUndefined();
  });

  it('lead to records', () => {
    const document = { data: [{ items: [1, 2] }, { items: [3] }], one: { x: 1 } };
    expect(recordsAt(document, parsePath('$.data[*].items[*]', true))).toEqual([1, 2, 3]);
    expect(recordsAt(document, parsePath('data', true))).toEqual(document.data);
    expect(recordsAt(document, parsePath('one', true))).toEqual([{ x: 1 }]);
    expect(recordsAt([7], parsePath('$', true))).toEqual([7]);
    expect(recordsAt(document, parsePath('none[*]', true))).toBeUndefined();
  });
});

describe('time formats', () => {
  it('read local times in their zone, the first of a repeated hour', () => {
    const read = parseTimeFormat('%d.%m.%Y %H:%M', 'Europe/Stockholm');
    expect(read('01.03.2026 12:00')).toBe(Date.parse('2026-03-01T11:00:00Z'));
    expect(read('01.07.2026 12:00')).toBe(Date.parse('2026-07-01T10:00:00Z'));
    expect(read('25.10.2026 02:30')).toBe(Date.parse('2026-10-25T00:30:00Z'));
    expect(read('31.02.2026 12:00')).toBeUndefined();
    expect(read('2026-03-01 12:00')).toBeUndefined();
  });

  it('read epochs and stated offsets', () => {
    expect(parseTimeFormat('epoch_s')('1772366400.5')).toBe(1_772_366_400_500);
    expect(parseTimeFormat('epoch_ms')('1772366400123')).toBe(1_772_366_400_123);
    expect(parseTimeFormat('%Y%m%dT%H%M%S%z', 'Asia/Tokyo')('20260301T120000+0100')).toBe(Date.parse('2026-03-01T11:00:00Z'));
  });
});
