import { type Decimal, formatDecimal, isCurrency, minorUnitDigits, parseDecimal } from '@tollkeeper/money';

/** 1234567 → 1,234,567 */
export function count(n: number): string {
  return new Intl.NumberFormat('en').format(n);
}

/** 1 → "1 invoice", 2 → "2 invoices" */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A decimal string and its currency: "1,234.50 SEK". Every digit is shown, and never fewer than the currency has. */
export function amount(text: string | undefined, currency: string | undefined): string {
  if (text === undefined || text === '') return '';
  const digits = currency !== undefined && isCurrency(currency) ? minorUnitDigits(currency) : 0;
  const value = decimalOf(text);
  return `${value ? formatDecimal(value, 'en', digits) : text} ${currency ?? ''}`.trimEnd();
}

/** A decimal string with its thousands apart: "1,234.5 kWh". */
export function quantity(text: string | undefined, unit = ''): string {
  const value = decimalOf(text ?? '');
  return `${value ? formatDecimal(value, 'en') : (text ?? '')} ${unit}`.trim();
}

/** What came from elsewhere is shown as it is when it is no decimal. */
function decimalOf(text: string): Decimal | undefined {
  try {
    return parseDecimal(text);
  } catch {
    return undefined;
  }
}

/** RFC 3339 in UTC → "2026-01-31 08:12 UTC"; a plain day stays. */
export function time(text: string | undefined): string {
  if (text === undefined) return '';
  const moment = Date.parse(text);
  if (Number.isNaN(moment) || text.length <= 10) return text;
  const utc = new Date(moment).toISOString();
  return `${utc.slice(0, 10)} ${utc.slice(11, 16)} UTC`;
}

/** RFC 3339 in UTC → "2026-01-31" */
export function day(text: string | undefined): string {
  return text?.slice(0, 10) ?? '';
}

const hourMs = 3_600_000;
/** From UTC−10 to UTC+13 local midnights lie less than a day behind this many hours before midnight in UTC. */
const eastmost = 13;

/**
 * The days of a period [start, end), both included: "2026-01-01 – 2026-01-31". Periods begin and end at midnight of the
 * contract's time zone, which is told in UTC; the day meant is the one whose midnight is nearest.
 */
export function period(start: string | undefined, end: string | undefined): string {
  if (start === undefined || end === undefined) return '';
  const dayAt = (text: string, hours: number): string => new Date(Date.parse(text) + hours * hourMs).toISOString().slice(0, 10);
  const first = dayAt(start, eastmost);
  const last = dayAt(end, eastmost - 24);
  return first < last ? `${first} – ${last}` : first;
}

/** "device_runs" → "device runs" */
export function words(code: string): string {
  return code.replaceAll('_', ' ');
}

/** 1536 → "1.5 kB" */
export function bytes(n: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [n, 0];
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ''}`;
}
