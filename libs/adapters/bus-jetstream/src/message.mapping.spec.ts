import { describe, expect, it } from '@jest/globals';
import { fromContent, fromHeaders, fromPartHeader, fromPartHeaderText, markPart, toWire } from './message.mapping.js';

const content = new TextEncoder().encode('content');

describe('a message on the wire', () => {
  it.each(['evt_1', 'with space, ü and 😀', 'a\r\nNats-Rollup: all', 'x'.repeat(100_000), ''])('keeps its id %#', (id) => {
    const { headers, data } = toWire({ id, value: content }, content, 'facts');
    const found = fromContent(fromHeaders(headers), data);
    expect(found.id).toBe(id);
    expect(Buffer.from(found.value).toString()).toBe('content');
  });

  it('carries its headers as they are, so that other tools can follow a trace', () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const { headers } = toWire({ id: 'a', value: content, headers: { traceparent, tracestate: 'v=1;w=2' } }, content, 'facts');
    expect(headers.get('traceparent')).toBe(traceparent);
    expect(fromHeaders(headers).headers).toEqual({ traceparent, tracestate: 'v=1;w=2' });
  });

  it.each([
    ['Nats-Rollup', 'all'],
    ['tollkeeper-part', 'x 1 2'],
    ['with space', 'a'],
    ['traceparent', 'a\r\nNats-Rollup: all'],
    ['huge', 'x'.repeat(50_000)],
  ])('refuses the header %s, which would mean something else or not fit', (name, value) => {
    expect(() => toWire({ id: 'a', value: content, headers: { [name]: value } }, content, 'facts')).toThrow(RangeError);
  });

  it('says which part of a large message it is, also as it is stored', () => {
    const { headers } = toWire({ id: 'a', value: content }, content, 'facts');
    const part = { split: 'name', index: 2, count: 5 };
    markPart(headers, part);
    expect(fromPartHeader(headers)).toEqual(part);
    expect(fromPartHeaderText('NATS/1.0\r\nTollkeeper-Id: a\r\nTollkeeper-Part: name 2 5\r\n\r\n')).toEqual(part);
  });
});
