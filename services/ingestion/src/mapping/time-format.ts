import type { Instant } from '@tollkeeper/kernel';
import { Temporal } from 'temporal-polyfill';
import { readEventTime } from '../accept/event-time.js';

/** A time format that cannot be read; `message` says why. */
export class TimeFormatError extends Error {
  override readonly name = 'TimeFormatError';
}

/** Answers undefined for a text that is not of the format, or names a moment that does not exist. */
export type TimeReader = (text: string) => Instant | undefined;

/** Parts of a pattern as in C's strptime, as far as usage files need them. */
const directives: ReadonlyMap<string, string> = new Map([
  ['Y', '(?<Y>\\d{4})'],
  ['m', '(?<m>\\d{1,2})'],
  ['d', '(?<d>\\d{1,2})'],
  ['H', '(?<H>\\d{1,2})'],
  ['M', '(?<M>\\d{2})'],
  ['S', '(?<S>\\d{2})'],
  ['f', '(?<f>\\d{1,9})'],
  ['z', '(?<z>Z|[+-]\\d{2}:?\\d{2})'],
]);

/**
 * `rfc3339`, `epoch_s`, `epoch_ms`, or a pattern of %Y %m %d %H %M %S %f %z and literal text, read in `timeZone` (IANA, UTC when
 * absent) unless the text itself states an offset by %z. In the hour that a clock change repeats the first one is meant.
 * @throws TimeFormatError
 */
export function parseTimeFormat(format: string, timeZone = 'UTC'): TimeReader {
  if (format === 'rfc3339') return readEventTime;
  if (format === 'epoch_s') return (text) => readEpoch(text, 1000);
  if (format === 'epoch_ms') return (text) => readEpoch(text, 1);
  const expression = toExpression(format);
  const offsets = new ZoneOffsets(timeZone);
  return (text) => {
    const fields = expression.exec(text)?.groups;
    return fields && instantOf(fields, offsets);
  };
}

function toExpression(format: string): RegExp {
  const used = new Set<string>();
  const source = format.replace(/%(.?)|[^%]+/gs, (piece, directive: string | undefined) => {
    if (directive === undefined) return piece.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    const expression = directives.get(directive);
    if (!expression || used.has(directive)) {
      throw new TimeFormatError(
        `%${directive} is not understood or stands twice; a time format is rfc3339, epoch_s, epoch_ms or made of ${[...directives.keys()].map((name) => `%${name}`).join(' ')}`,
      );
    }
    used.add(directive);
    return expression;
  });
  for (const needed of ['Y', 'm', 'd']) {
    if (!used.has(needed))
      throw new TimeFormatError(
        `the time format ${JSON.stringify(format)} lacks %${needed}; a time format is rfc3339, epoch_s, epoch_ms or a pattern such as %Y-%m-%d %H:%M:%S`,
      );
  }
  return new RegExp(`^${source}$`);
}

function readEpoch(text: string, unitMs: number): Instant | undefined {
  const match = /^(\d{1,14})(?:\.(\d{1,9}))?$/.exec(text);
  if (!match) return undefined;
  const milliseconds = Number((match[2] ?? '').padEnd(3, '0').slice(0, 3));
  return Number(match[1]) * unitMs + (unitMs === 1000 ? milliseconds : 0);
}

function instantOf(fields: Readonly<Record<string, string | undefined>>, offsets: ZoneOffsets): Instant | undefined {
  const [year, month, day] = [Number(fields['Y']), Number(fields['m']), Number(fields['d'])];
  const [hour, minute, second] = [Number(fields['H'] ?? 0), Number(fields['M'] ?? 0), Number(fields['S'] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const local = Date.UTC(year, month - 1, day, hour, minute, second, Number((fields['f'] ?? '').padEnd(3, '0').slice(0, 3)));
  const date = new Date(local);
  if (date.getUTCFullYear() !== year || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  const zone = fields['z'];
  if (zone === undefined) return local - offsets.at(local);
  if (zone === 'Z') return local;
  const sign = zone.startsWith('-') ? -1 : 1;
  return local - sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))) * 60_000;
}

const quarterMs = 15 * 60_000;
const maxRemembered = 10_000;

/** Offsets of a zone from UTC by local time, remembered per quarter of an hour: clocks change at such moments only. */
class ZoneOffsets {
  private readonly known = new Map<number, number>();

  constructor(private readonly timeZone: string) {}

  at(local: number): number {
    if (this.timeZone === 'UTC') return 0;
    const quarter = Math.floor(local / quarterMs);
    const known = this.known.get(quarter);
    if (known !== undefined) return known;
    const start = quarter * quarterMs;
    const wall = Temporal.Instant.fromEpochMilliseconds(start).toZonedDateTimeISO('UTC').toPlainDateTime();
    const offset = start - wall.toZonedDateTime(this.timeZone).epochMilliseconds;
    if (this.known.size >= maxRemembered) this.known.clear();
    this.known.set(quarter, offset);
    return offset;
  }
}
