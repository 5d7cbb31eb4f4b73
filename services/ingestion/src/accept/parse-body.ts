import { Problem } from '@tollkeeper/kernel';
import type { BodyForm } from './decode-body.js';
import { toText } from './decode-body.js';
import type { IntakeLimits } from './intake-limits.js';
import { findDuplicateKeys, findJsonFault, placeOf } from './json-walk.js';
import { parseKeepingDigits } from './long-number.js';
import { countMembers, type JsonScan, scanJson } from './scan-json.js';

/** One line of NDJSON that is not JSON: refused alone, because its neighbours can be read. */
export class UnreadableRecord {
  constructor(
    readonly text: string,
    readonly detail: string,
  ) {}
}

/** The records of a body, in the order sent. Numbers that would lose digits are `LongNumber`s. */
export interface ParsedBody {
  readonly records: readonly unknown[];
  /** Record → key that stands twice in it; undefined when there is none, which is nearly always. */
  readonly duplicateKeys: ReadonlyMap<number, string> | undefined;
  /** Strings may hold control characters or lone surrogates, which only escapes can write. */
  readonly careful: boolean;
}

/** @throws Problem invalid_json, with line and column, payload_too_large, invalid_request */
export function parseBody(bytes: Uint8Array, form: BodyForm, limits: IntakeLimits): ParsedBody {
  const text = toText(bytes);
  const scan = scanJson(bytes);
  if (scan.depth > limits.depth) {
    throw new Problem('invalid_json', `The body is nested ${scan.depth} levels deep; at most ${limits.depth} are taken.`);
  }
  const parsed = form === 'lines' ? parseLines(text, scan, limits) : parseWhole(text, scan, form);
  if (parsed.records.length === 0) throw new Problem('invalid_request', 'The body holds no events; send at least one.');
  if (parsed.records.length > limits.records) throw tooMany(parsed.records.length, limits);
  return parsed;
}

function tooMany(count: number, limits: IntakeLimits): Problem {
  return new Problem(
    'payload_too_large',
    `The body holds ${count} events; at most ${limits.records} are taken at once. Send it in parts.`,
  );
}

function parseWhole(text: string, scan: JsonScan, form: BodyForm): ParsedBody {
  const value = parseJson(text, scan.longNumbers);
  const isList = Array.isArray(value);
  if (form === 'list' && !isList) {
    throw new Problem(
      'invalid_request',
      'A body of application/cloudevents-batch+json is an array of events; for one event send application/cloudevents+json.',
    );
  }
  if (form === 'one' && isList) {
    throw new Problem(
      'invalid_request',
      'A body of application/cloudevents+json is one event; for an array send application/cloudevents-batch+json.',
    );
  }
  const records: readonly unknown[] = isList ? value : [value];
  return { records, duplicateKeys: duplicates(text, scan, value, isList), careful: scan.escapes };
}

function duplicates(text: string, scan: JsonScan, value: unknown, isList: boolean): ReadonlyMap<number, string> | undefined {
  if (countMembers(value) === scan.members) return undefined;
  return new Map(findDuplicateKeys(text).map(({ record, key }) => [isList ? record : 0, key]));
}

/** @throws Problem invalid_json */
function parseJson(text: string, longNumbers: boolean): unknown {
  try {
    return longNumbers ? parseKeepingDigits(text) : (JSON.parse(text) as unknown);
  } catch (error) {
    const fault = findJsonFault(text) ?? { offset: 0, what: error instanceof Error ? error.message : String(error) };
    const { line, column } = placeOf(text, fault.offset);
    throw new Problem('invalid_json', `The body is not JSON: in line ${line}, column ${column}, ${fault.what}.`, {
      line,
      column,
      position: fault.offset,
    });
  }
}

/** Well-formed lines are parsed as one array, at the speed of one; lines with faults one by one. */
function parseLines(text: string, scan: JsonScan, limits: IntakeLimits): ParsedBody {
  if (scan.lines > limits.records) throw tooMany(scan.lines, limits);
  if (scan.lineWise) {
    const joined = `[${text.trim().replace(/\s*\n\s*/g, ',')}]`;
    try {
      const value = (scan.longNumbers ? parseKeepingDigits(joined) : JSON.parse(joined)) as readonly unknown[];
      if (value.length === scan.lines)
        return { records: value, duplicateKeys: duplicates(joined, scan, value, true), careful: scan.escapes };
    } catch {
      // A line that is not JSON: found and named below.
    }
  }
  return parseLineByLine(text, scan);
}

function parseLineByLine(text: string, scan: JsonScan): ParsedBody {
  const records: unknown[] = [];
  const duplicateKeys = new Map<number, string>();
  let firstProblem: Problem | undefined;
  let readable = false;
  text.split('\n').forEach((line, index) => {
    const json = line.trim();
    if (json === '') return;
    const fault = findJsonFault(json);
    if (!fault) {
      for (const { key } of findDuplicateKeys(json)) duplicateKeys.set(records.length, key);
      records.push(scan.longNumbers ? parseKeepingDigits(json) : JSON.parse(json));
      readable = true;
      return;
    }
    const column = fault.offset + line.length - line.trimStart().length + 1;
    const detail = `Line ${index + 1} is not JSON: in column ${column}, ${fault.what}.`;
    firstProblem ??= new Problem('invalid_json', detail, { line: index + 1, column });
    records.push(new UnreadableRecord(json, detail));
  });
  if (!readable && firstProblem) throw firstProblem;
  return { records, duplicateKeys: duplicateKeys.size > 0 ? duplicateKeys : undefined, careful: scan.escapes };
}
