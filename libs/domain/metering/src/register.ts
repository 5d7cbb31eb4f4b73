import { Decimal } from '@tollkeeper/money';

/** A reading of a register that only counts up: when (milliseconds since 1970) and what it showed. */
export interface Reading {
  readonly time: number;
  readonly value: Decimal;
}

/** A reading as it is stored: time and digits. */
export type ReadingState = readonly [time: number, value: string];

export function fromReadingState(state: ReadingState): Reading {
  return { time: state[0], value: Decimal.of(state[1]) };
}

export function toReadingState(reading: Reading): ReadingState {
  return [reading.time, reading.value.toString()];
}

/** The first and the last reading of a stretch of time; all that its consumption depends on. */
export interface ReadingSpan {
  first: Reading | undefined;
  last: Reading | undefined;
}

/** By time, then by value, so that readings of one instant have an order that does not depend on their arrival. */
function compareReadings(a: Reading, b: Reading): number {
  return a.time - b.time || a.value.compare(b.value);
}

/**
 * Takes a reading into the span. False, with the span as it was, when the register would have counted down: against the
 * span's own first and last reading, the last one before the span, or the first one after it.
 */
export function addReading(span: ReadingSpan, reading: Reading, before?: Reading, after?: Reading): boolean {
  const { first, last } = span;
  if (before && reading.value.compare(before.value) < 0) return false;
  if (after && reading.value.compare(after.value) > 0) return false;
  if (!first || !last) {
    span.first = reading;
    span.last = reading;
    return true;
  }
  const isFirst = compareReadings(reading, first) < 0;
  const isLast = compareReadings(reading, last) > 0;
  if (!isFirst && reading.value.compare(first.value) < 0) return false;
  if (!isLast && reading.value.compare(last.value) > 0) return false;
  if (isFirst) {
    if (reading.value.compare(first.value) > 0) return false;
    span.first = reading;
  } else if (isLast) {
    if (reading.value.compare(last.value) < 0) return false;
    span.last = reading;
  }
  return true;
}

/**
 * What was consumed in the span: from the last reading before it, or from its own first where there is none, to its
 * last. Spans that follow each other add up to the whole, because each begins where the one before ended.
 */
export function consumption(span: ReadingSpan, before: Reading | undefined): Decimal {
  const start = before ?? span.first;
  return span.last && start ? span.last.value.minus(start.value) : Decimal.zero;
}
