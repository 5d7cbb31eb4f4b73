import { describe, expect, it } from '@jest/globals';
import { withRequestScope, withTrace } from '@tollkeeper/nest-kit';
import { JsonLogger, type Level } from './json-logger.js';

function logger(level: Level = 'log') {
  const lines: unknown[] = [];
  const made = new JsonLogger({ service: 'rating', instance: 'rating-0' }, level, { now: () => 0 }, (line) => void lines.push(JSON.parse(line)));
  return { made, lines };
}

describe('the log of a process', () => {
  it('is a line of JSON that says when, where and what', () => {
    const { made, lines } = logger();
    made.log('it runs', 'Main');
    expect(lines).toEqual([{ time: '1970-01-01T00:00:00.000Z', level: 'info', service: 'rating', instance: 'rating-0', context: 'Main', message: 'it runs' }]);
  });

  it('names the tenant and the trace that it belongs to', () => {
    const { made, lines } = logger();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    withTrace({ traceparent }, () => withRequestScope({ tenantId: 'ten_1' }, () => made.warn('slow')));
    expect(lines).toMatchObject([{ level: 'warn', tenant: 'ten_1', trace_id: '0af7651916cd43dd8448eb211c80319c', span_id: 'b7ad6b7169203331' }]);
  });

  it('leaves out what is below its level', () => {
    const { made, lines } = logger('error');
    made.warn('no');
    made.error('yes', 'Error: yes\n    at somewhere', 'rpc');
    expect(lines).toMatchObject([{ level: 'error', message: 'yes', stack: expect.stringContaining('somewhere') }]);
  });

  it('holds no keys, passwords, e-mail addresses and account numbers', () => {
    const { made, lines } = logger();
    made.error(new Error('tk_live_abcdefghijklmnop of ada@example.org at mongodb://root:geheim@mongo:27017 pays from SE45 5000 0000 0583 9825 7466'));
    const text = JSON.stringify(lines);
    for (const secret of ['abcdefgh', 'ada@', 'geheim', '5839']) expect(text).not.toContain(secret);
  });
});
