import { fromRfc3339, type Instant } from '@tollkeeper/kernel';

const daysInMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Usage is measured by machines of our days: a time outside of these years is a mistake of units or of a dead clock. */
const firstYear = 2000;
const lastYear = 2099;

export const timeRange = `${firstYear} to ${lastYear}`;

function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/**
 * Reads an RFC 3339 date-time of the years 2000 to 2099; undefined for everything else. The two forms that nearly all
 * sources write, `YYYY-MM-DDTHH:MM:SSZ` with or without three digits of fraction, take a path without regular expressions.
 */
export function readEventTime(text: string): Instant | undefined {
  const length = text.length;
  const isPlain =
    (length === 20 || (length === 24 && text.charCodeAt(19) === 46)) &&
    text.charCodeAt(length - 1) === 90 &&
    text.charCodeAt(10) === 84;
  if (!isPlain) return readOther(text);
  const year = digits(text, 0, 4);
  const month = digits(text, 5, 2);
  const day = digits(text, 8, 2);
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  const second = digits(text, 17, 2);
  const fraction = length === 24 ? digits(text, 20, 3) : 0;
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45 || text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58)
    return undefined;
  if (
    !(
      year >= firstYear &&
      year <= lastYear &&
      month >= 1 &&
      month <= 12 &&
      hour < 24 &&
      minute < 60 &&
      second < 60 &&
      fraction >= 0
    )
  )
    return undefined;
  const lastDay = month === 2 && year % 4 === 0 ? 29 : (daysInMonth[month - 1] ?? 0);
  return day >= 1 && day <= lastDay ? Date.UTC(year, month - 1, day, hour, minute, second, fraction) : undefined;
}

function readOther(text: string): Instant | undefined {
  if (text.length > 40) return undefined;
  const instant = fromRfc3339(text);
  return instant !== undefined && isMeasurable(instant) && text.slice(11, 13) !== '24' ? instant : undefined;
}

/** True for a moment of the years 2000 to 2099. */
export function isMeasurable(instant: Instant): boolean {
  return instant >= Date.UTC(firstYear, 0) && instant < Date.UTC(lastYear + 1, 0);
}
