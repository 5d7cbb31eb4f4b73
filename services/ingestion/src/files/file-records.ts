import { parse } from 'csv-parse';
import { pipeline, Readable } from 'node:stream';
import { findDuplicateKeys, findJsonFault } from '../accept/json-walk.js';
import { parseKeepingDigits } from '../accept/long-number.js';
import { countMembers, scanJson } from '../accept/scan-json.js';
import type { CsvDefinition } from '../mapping/definition.js';
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
  if (scan.depth > maxDepth) return { value: text, line, fault: `The record in line ${line} is nested more than ${maxDepth} levels deep.` };
  try {
    const value = scan.longNumbers ? parseKeepingDigits(text) : (JSON.parse(text) as unknown);
    if (countMembers(value) === scan.members) return { value, line };
    const key = findDuplicateKeys(text)[0]?.key ?? '';
    return { value: text, line, fault: `In the record in line ${line} the key ${JSON.stringify(key)} stands twice in one object.` };
  } catch {
    return { value: text, line, fault: `The record in line ${line} is not JSON: ${findJsonFault(text)?.what ?? 'it cannot be read'}.` };
  }
}

/** The rows of a CSV file (RFC 4180) as objects by column name. @throws FileFault */
export async function* csvRecords(chunks: AsyncIterable<string>, csv: CsvDefinition): AsyncGenerator<FileRecord> {
  const parser = parse({ delimiter: csv.delimiter, bom: true, info: true, relax_column_count: true, skip_empty_lines: true, max_record_size: maxRecordUnits });
  pipeline(Readable.from(chunks), parser, () => undefined);
  let columns: readonly string[] | undefined = csv.header ? undefined : csv.columns;
  let rows = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{ readonly record: string[]; readonly info: { readonly lines: number } }>) {
      rows++;
      if (columns) {
        yield toRow(record, columns, info.lines);
      } else {
        columns = headerOf(record);
      }
    }
  } catch (error) {
    throw toFileFault(error);
  }
  if (rows === 0) throw new FileFault('The file is empty; it should hold a header line and records.');
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

function toFileFault(error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string' || !error.code.startsWith('CSV_')) return error;
  const lines = 'lines' in error && typeof error.lines === 'number' ? error.lines : undefined;
  const where = lines === undefined ? '' : ` near line ${lines}`;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return new FileFault(`The file is cut short: a quoted field${where} has no closing quote.`);
  return new FileFault(`The CSV cannot be read${where}: ${error.message}`);
}
