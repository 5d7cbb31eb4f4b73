import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvRecords, jsonRecords } from './file-records.js';
import { FileFault, type FileRecord } from './file-fault.js';

async function* pieces(text: string, size: number): AsyncGenerator<string> {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function read(records: AsyncIterable<FileRecord>): Promise<{ readonly records: FileRecord[]; readonly fault: string }> {
  const found: FileRecord[] = [];
  try {
    for await (const record of records) found.push(record);
    return { records: found, fault: '' };
  } catch (error) {
    if (error instanceof FileFault) return { records: found, fault: error.message };
    throw error;
  }
}

const json = (text: string, size = 3) => read(jsonRecords(pieces(text, size)));
const csvDefinition = { delimiter: ',', header: true, encoding: 'utf-8', decimal_comma: false } as const;
const csv = (text: string, change = {}) => read(csvRecords(pieces(text, 5), { ...csvDefinition, ...change }));

describe('the records of a JSON file', () => {
  it('are the elements of an array, the lines, or the one object, wherever the pieces are cut', async () => {
    const values = fc.array(fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom<unknown>('a"\\,]}', 1, true, null)), {
      minLength: 1,
      maxLength: 8,
    });
    await fc.assert(
      fc.asyncProperty(values, fc.integer({ min: 1, max: 20 }), async (list, size) => {
        const expected = list.map((value) => JSON.parse(JSON.stringify(value)) as unknown);
        for (const text of [JSON.stringify(list), JSON.stringify(list, undefined, 2)]) {
          const found = await json(text, size);
          expect(found.fault).toBe('');
          expect(found.records).toHaveLength(expected.length);
        }
        const lines = await json(list.map((value) => JSON.stringify(value)).join('\n'), size);
        if (!Array.isArray(list[0])) expect(lines.records).toHaveLength(expected.length);
      }),
    );
    expect((await json('{"a":\n1}\n')).records).toEqual([{ value: { a: 1 }, line: 1 }]);
    expect((await json('[\n1,\n{"a":2}\n]')).records).toEqual([
      { value: 1, line: 2 },
      { value: { a: 2 }, line: 3 },
    ]);
    expect((await json('{"a":1}\n{"a":2}\n')).records.map((record) => record.line)).toEqual([1, 2]);
    expect((await json('{"latitude":37.97155556731436}')).records[0]?.fault).toBeUndefined();
    expect((await json('[]')).records).toEqual([]);
  });

  it('before a cut are kept, and the cut is named by its line', async () => {
    const cut = await json('[{"a":1},\n{"a":2},\n{"a":"x');
    expect(cut.records.map((record) => record.value)).toEqual([{ a: 1 }, { a: 2 }]);
    expect(cut.fault).toContain('line 3');
    expect((await json('[{"a":1}\n')).fault).toContain('no closing ]');
    expect((await json('')).fault).toContain('empty');
    expect((await json('[1] 2')).fault).toContain('after the end');
    expect((await json('[{} {}]')).fault).toContain('comma is missing');
  });

  it('that are no JSON are told one by one', async () => {
    const { records } = await json('[{"a":1},{"a":tru},{"a":1,"a":2}]');
    expect(records.map((record) => record.fault)).toEqual([
      undefined,
      expect.stringContaining('a value'),
      expect.stringContaining('twice'),
    ]);
  });
});

describe('the records of a CSV file', () => {
  it('are rows by column name, with quotes and a byte order mark', async () => {
    const { records } = await csv('\uFEFFid, name\r\n1,"a, ""b""\nc"\r\n\r\n2,d');
    expect(records.map((record) => record.value)).toEqual([
      { id: '1', name: 'a, "b"\nc' },
      { id: '2', name: 'd' },
    ]);
    expect((await csv('1;2', { header: false, delimiter: ';', columns: ['a', 'b'] })).records[0]?.value).toEqual({
      a: '1',
      b: '2',
    });
  });

  it('with another number of columns are told one by one, with the line', async () => {
    const { records, fault } = await csv('a,b\n1,2\n1\n3,4');
    expect(records.map((record) => record.fault)).toEqual([
      undefined,
      expect.stringContaining('Line 3 has 1 columns where 2'),
      undefined,
    ]);
    expect(fault).toBe('');
  });

  it('before an unclosed quote are kept', async () => {
    const { records, fault } = await csv('a,b\n1,2\n3,"4\n5,6');
    expect(records).toHaveLength(1);
    expect(fault).toContain('no closing quote');
    expect((await csv('')).fault).toContain('empty');
    expect((await csv('a,a\n1,2')).fault).toContain('twice');
  });
});
