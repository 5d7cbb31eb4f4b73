import type { DeviceUsageEvent } from '@tollkeeper/rating';
import { InputFault } from '../outcome.js';
import { delimiterOf, readCsvUsage } from './csv-usage.js';
import { jsonValues } from './json-values.js';
import { type EventFault, isEventFault, readNativeUsage } from './native-usage.js';
import type { Input } from './open-input.js';
import { type OnRead, textPieces } from './text-pieces.js';

export interface UsageFile {
  readonly events: readonly DeviceUsageEvent[];
  /** Line of each event. */
  readonly lines: readonly number[];
  readonly refused: readonly { readonly line: number; readonly fault: EventFault }[];
}

/**
 * Reads a file of usage: native CloudEvents as JSON array or NDJSON, or CSV. Which of them it is shows its first character.
 * @throws InputFault when the file as a whole cannot be read
 */
export async function readUsageFile(input: Input, onRead?: OnRead): Promise<UsageFile> {
  const events: DeviceUsageEvent[] = [];
  const lines: number[] = [];
  const refused: { line: number; fault: EventFault }[] = [];
  for await (const { event, line } of recordsOf(input, onRead)) {
    if (isEventFault(event)) {
      refused.push({ line, fault: event });
    } else {
      events.push(event);
      lines.push(line);
    }
  }
  return { events, lines, refused };
}

async function* recordsOf(
  input: Input,
  onRead?: OnRead,
): AsyncGenerator<{ readonly event: DeviceUsageEvent | EventFault; readonly line: number }> {
  const pieces = textPieces(input, onRead);
  let beginning = '';
  for (;;) {
    const next = await pieces.next();
    if (next.done) break;
    beginning += next.value;
    if (/^\s*(?:[[{]|\S.*\n)/.test(beginning)) break;
  }
  if (!/\S/.test(beginning))
    throw new InputFault(
      input.name,
      'the file is empty',
      {},
      'It should hold CloudEvents as JSON, or CSV with id,device,meter,time,quantity.',
    );
  const all = withFirst(beginning, pieces);
  if (!/^\s*[[{]/.test(beginning)) return yield* readCsvUsage(input.name, all, delimiterOf(beginning.trimStart().split('\n', 1)[0] ?? ''));
  for await (const { value, text, line } of jsonValues(input.name, all)) yield { event: readNativeUsage(value, text), line };
}

async function* withFirst(first: string, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield first;
  yield* rest;
}
