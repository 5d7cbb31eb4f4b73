import { Readable } from 'node:stream';
import { fromRfc3339 } from '@tollkeeper/kernel';
import type { DeviceUsageEvent } from '@tollkeeper/rating';
import { CsvError, parse } from 'csv-parse';
import { InputFault } from '../outcome.js';
import type { EventFault } from './native-usage.js';

const required = ['id', 'device', 'meter', 'time'] as const;
const optional = ['quantity', 'source', 'key'] as const;
const columns: readonly string[] = [...required, ...optional];

interface CsvRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/**
 * Events of a CSV file with the columns id, device, meter, time, quantity, and if need be source and key, in any order.
 * @throws InputFault for a missing or unknown column, a row of another length, or what is no CSV
 */
export async function* readCsvUsage(
  file: string,
  pieces: AsyncIterable<string>,
  delimiter: string,
): AsyncGenerator<{ readonly event: DeviceUsageEvent | EventFault; readonly line: number }> {
  let at: ReadonlyMap<string, number> | undefined;
  const parser = Readable.from(pieces).pipe(
    parse({ bom: true, delimiter, trim: true, skip_empty_lines: true, info: true, relax_column_count: true }),
  );
  try {
    for await (const { record, info } of parser as AsyncIterable<CsvRecord>) {
      if (!at) {
        at = header(file, record, info.lines);
        continue;
      }
      if (record.length !== at.size) {
        throw new InputFault(
          file,
          `the row has ${record.length} cells and the heading ${at.size}`,
          { line: info.lines },
          'Put cells that hold the separator in double quotes.',
        );
      }
      yield { event: eventOf(record, at), line: info.lines };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const { lines } = error as { readonly lines?: unknown };
    throw new InputFault(file, `this is not CSV: ${error.message}`, typeof lines === 'number' ? { line: lines } : {});
  }
  if (!at) throw new InputFault(file, 'the file is empty', {}, `Its first line names the columns: ${required.join(',')},quantity.`);
}

/** The separator that the heading uses most. */
export function delimiterOf(heading: string): string {
  const uses = (sign: string): number => heading.split(sign).length;
  return [',', ';', '\t'].reduce((best, sign) => (uses(sign) > uses(best) ? sign : best));
}

function header(file: string, names: readonly string[], line: number): ReadonlyMap<string, number> {
  const at = new Map<string, number>();
  for (const [index, written] of names.entries()) {
    const name = written.toLowerCase();
    if (!columns.includes(name)) {
      throw new InputFault(
        file,
        `there is no column “${written}”`,
        { line, column: index + 1 },
        `The columns are ${columns.join(', ')}; source and key may be left out.`,
      );
    }
    if (at.has(name)) throw new InputFault(file, `the column “${name}” stands twice`, { line, column: index + 1 });
    at.set(name, index);
  }
  const missing = required.filter((name) => !at.has(name));
  if (missing.length > 0)
    throw new InputFault(
      file,
      `the heading lacks ${missing.join(', ')}`,
      { line },
      `The columns are ${columns.join(', ')}; source and key may be left out.`,
    );
  return at;
}

function eventOf(record: readonly string[], at: ReadonlyMap<string, number>): DeviceUsageEvent | EventFault {
  const cell = (name: string): string => record[at.get(name) ?? -1] ?? '';
  const empty = required.find((name) => cell(name) === '');
  if (empty !== undefined) return { reason: 'invalid_event', detail: `${empty} is empty` };
  const time = fromRfc3339(cell('time'));
  if (time === undefined)
    return { reason: 'invalid_event', detail: `time “${cell('time')}” should be a time such as 2026-01-31T12:00:00Z` };
  const key = cell('key');
  return {
    id: cell('id'),
    source: cell('source'),
    device: cell('device'),
    meter: cell('meter'),
    time,
    quantity: cell('quantity'),
    ...(key === '' ? {} : { key }),
  };
}
