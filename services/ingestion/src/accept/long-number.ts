import { decimalFault } from '@tollkeeper/money';
import { exactDigits, quantityLimits } from './intake-limits.js';

/** A JSON number whose text has more digits than a double holds, or an exponent: kept as the text that was sent. */
export class LongNumber {
  constructor(readonly text: string) {}
}

interface JsonWithSource {
  parse(
    text: string,
    reviver: (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown,
  ): unknown;
  rawJSON(text: string): unknown;
}
/** ECMA-262 "JSON.parse source text access" (stage 4), which Node 24 has and TypeScript's library does not name yet. */
const jsonWithSource = JSON as unknown as JsonWithSource;

/** JSON.parse that keeps numbers which would lose digits as `LongNumber`. Ten times slower, so only for texts that hold such. */
export function parseKeepingDigits(text: string): unknown {
  return jsonWithSource.parse(text, (_key, value, context) => {
    if (typeof value !== 'number' || context.source === undefined) return value;
    return isExact(context.source) ? value : new LongNumber(context.source);
  });
}

function isExact(source: string): boolean {
  if (/[eE]/.test(source)) return false;
  return source.replace('.', '').replace(/^-?0*/, '').length <= exactDigits;
}

/** The JSON text of a parsed record, at most `maxUnits` long; long numbers as they were sent. */
export function toOriginal(record: unknown, maxUnits: number): string {
  const text =
    typeof record === 'string'
      ? record
      : JSON.stringify(record, (_key, value: unknown) =>
          value instanceof LongNumber ? jsonWithSource.rawJSON(value.text) : value,
        );
  return text.length > maxUnits ? text.slice(0, maxUnits) : text;
}

/**
 * The exact decimal text of a JSON number that was sent without exponent and with at most 15 digits; undefined when it is
 * too small or too large to be a quantity.
 */
export function numberText(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  const text = String(value);
  if (!text.includes('e')) return text;
  const digits = value.toFixed(quantityLimits.maxFractionDigits).replace(/\.?0+$/, '');
  return Number(digits) === value && decimalFault(digits, quantityLimits) === undefined ? digits : undefined;
}

/** The exact decimal text of a number with an exponent, for sources that cannot be taught to write decimals; undefined when too wide. */
export function expandExponent(source: string): string | undefined {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d{1,3})$/.exec(source);
  if (!match) return decimalFault(source, quantityLimits) === undefined ? source : undefined;
  const digits = `${match[2]}${match[3] ?? ''}`;
  const point = (match[2] ?? '').length + Number(match[4]);
  if (Math.abs(point) > 60) return /^0*$/.test(digits) ? '0' : undefined;
  const padded = point <= 0 ? '0'.repeat(1 - point) + digits : digits.padEnd(point, '0');
  const split = point <= 0 ? 1 : point;
  const whole = padded.slice(0, split).replace(/^0+(?=\d)/, '');
  const fraction = padded.slice(split).replace(/0+$/, '');
  const text = `${match[1]}${whole}${fraction === '' ? '' : `.${fraction}`}`;
  return decimalFault(text, quantityLimits) === undefined ? text : undefined;
}
