/** Milliseconds since 1970-01-01T00:00:00Z. */
export type Instant = number;

/** Time is always passed in; only a composition makes the one that reads the machine's clock. */
export interface Clock {
  now(): Instant;
}

/** Unguessable bytes, passed in so that a simulation can replay them. */
export interface Randomness {
  bytes(count: number): Uint8Array;
}

/** RFC 3339 in UTC with milliseconds, the form of every time on the wire. */
export function toRfc3339(instant: Instant): string {
  return new Date(instant).toISOString();
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:[Zz]|[+-]\d\d:\d\d)$/;

/**
 * Reads an RFC 3339 date-time (section 5.6); digits past the millisecond are cut. Undefined when the text is not one,
 * or names a day or an hour that does not exist.
 */
export function fromRfc3339(text: string): Instant | undefined {
  const match = rfc3339.exec(text);
  if (!match) return undefined;
  const day = Number(match[3]);
  const month = Number(match[2]);
  const lastDay = new Date(Date.UTC(Number(match[1]), month, 0)).getUTCDate();
  if (month < 1 || month > 12 || day < 1 || day > lastDay) return undefined;
  const cut = text.replace(/(\.\d{3})\d+/, '$1').toUpperCase();
  const instant = Date.parse(cut);
  return Number.isNaN(instant) ? undefined : instant;
}
