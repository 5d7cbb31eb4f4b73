import { parse } from 'csv-parse';
import { findDuplicateKeys, findJsonFault } from '../accept/json-walk.js';
import { parseKeepingDigits } from '../accept/long-number.js';
import { countMembers, scanJson } from '../accept/scan-json.js';
import type { CsvDefinition } from '../mapping/definition.js';
import { errorCodeOf } from './error-code.js';
import { FileFault, type FileRecord } from './file-fault.js';
import { JsonSplitter } from './json-splitter.js';

/** UTF-16 units of one record; memory holds one of them and one batch of what came out. */
const maxRecordUnits = 16 << 20;
const maxDepth = 100;

/** The records of a JSON file: a top-level array, NDJSON, or one object. @throws FileFault */
export async function* jsonRecords(chunks: AsyncIterable<string>): AsyncGenerator<FileRecord> {
  const splitter = new JsonSplitter(maxRecordUnits);
  for await (const chunk of chunks) {
    for (const piece of splitter.push(chunk)) yield toRecord(piece.text, piece.line);
  }
  for (const piece of splitter.end()) yield toRecord(piece.text, piece.line);
}

const utf8 = new TextEncoder();

function toRecord(text: string, line: number): FileRecord {
  const scan = scanJson(utf8.encode(text));
  if (scan.depth > maxDepth)
    return { value: text, line, fault: `The record in line ${line} is nested more than ${maxDepth} levels deep.` };
  try {
    const value = scan.longNumbers ? parseKeepingDigits(text) : (JSON.parse(text) as unknown);
    if (countMembers(value) === scan.members) return { value, line };
    const key = findDuplicateKeys(text)[0]?.key ?? '';
    return {
      value: text,
      line,
      fault: `In the record in line ${line} the key ${JSON.stringify(key)} stands twice in one object.`,
    };
  } catch {
    return {
      value: text,
      line,
      fault: `The record in line ${line} is not JSON: ${findJsonFault(text)?.what ?? 'it cannot be read'}.`,
    };
  }
}

interface CsvRow {
  readonly fields: readonly string[];
  readonly line: number;
}

/**
 * Rows as they become whole. They are taken out of the parser by its hook rather than read from it as a stream, because a
 * stream that fails forgets the good rows before the fault.
 */
async function* csvRows(chunks: AsyncIterable<string>, delimiter: string): AsyncGenerator<CsvRow> {
  let rows: CsvRow[] = [];
  let fault: Error | undefined;
  const options = { delimiter, bom: true, relax_column_count: true, skip_empty_lines: true, max_record_size: maxRecordUnits };
  const parser = parse({
    ...options,
    on_record: (fields: string[], context) => {
      rows.push({ fields, line: context.lines });
      return null;
    },
  });
  parser.on('error', (error) => {
    fault = error;
  });
  parser.resume();
  const ended = new Promise<void>((resolve) => parser.once('close', resolve));
  for await (const chunk of chunks) {
    await new Promise<void>((resolve) => parser.write(chunk, () => resolve()));
    yield* rows;
    rows = [];
    if (fault) break;
  }
  if (!fault) parser.end();
  await ended;
  yield* rows;
  if (fault) throw toFileFault(fault);
}

/** The rows of a CSV file (RFC 4180) as objects by column name. @throws FileFault */
export async function* csvRecords(chunks: AsyncIterable<string>, csv: CsvDefinition): AsyncGenerator<FileRecord> {
  let columns: readonly string[] | undefined = csv.header ? undefined : csv.columns;
  let isEmpty = true;
  for await (const { fields, line } of csvRows(chunks, csv.delimiter)) {
    isEmpty = false;
    if (columns) yield toRow(fields, columns, line);
    else columns = headerOf(fields);
  }
  if (isEmpty) throw new FileFault('The file is empty; it should hold a header line and records.');
}

function headerOf(record: readonly string[]): readonly string[] {
  const names = record.map((name) => name.trim());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new FileFault(`The header in line 1 names the column ${JSON.stringify(twice)} twice.`);
  return names;
}

function toRow(record: readonly string[], columns: readonly string[], line: number): FileRecord {
  if (record.length !== columns.length) {
    const fault = `Line ${line} has ${record.length} columns where ${columns.length} are expected; is the delimiter right, and is text with a delimiter in it quoted?`;
    return { value: JSON.stringify(record), line, fault };
  }
  return { value: Object.fromEntries(columns.map((name, i) => [name, record[i]])), line };
}

function toFileFault(error: Error): Error {
  const code = errorCodeOf(error);
  if (!code.startsWith('CSV_')) return error;
  const lines = 'lines' in error && typeof error.lines === 'number' ? error.lines : undefined;
  const where = lines === undefined ? '' : ` near line ${lines}`;
  if (code === 'CSV_QUOTE_NOT_CLOSED')
    return new FileFault(`The file is cut short: a quoted field${where} has no closing quote.`);
  return new FileFault(`The CSV cannot be read${where}: ${error.message}`);
}
