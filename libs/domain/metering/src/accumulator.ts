import { addText, Decimal, decimalFault, type ScaledSum, scaledSum, toDecimal } from '@tollkeeper/money';
import { type Aggregation, isMetered, type Meter, type MeteringRefusal, quantityLimits, type UsageEvent } from './meter.js';
import { addReading, consumption, fromReadingState, type Reading, type ReadingSpan, type ReadingState, toReadingState } from './register.js';
import { addKey, closeUniqueKeys, countKeys, openUniqueKeys, type UniqueKeys } from './unique-keys.js';

/**
 * What is kept of one meter's events in one period: bounded whatever their number, plain JSON, and the same whatever
 * their order. The names are short because the state is stored in every entry.
 */
export interface AccumulatorState {
  /** Events. */
  readonly n: number;
  /** Quantity of sum, max and last. */
  readonly q?: string;
  /** Time and id of the latest event, for last. */
  readonly t?: number;
  readonly i?: string;
  /** Hashed keys of unique, sorted, 12 characters each. */
  readonly u?: string;
  /** First and last reading of a register in the period. */
  readonly f?: ReadingState;
  readonly l?: ReadingState;
}

/** The working form of the state while a page is added to it. One shape for all aggregations keeps the loop fast. */
export interface Accumulator extends ReadingSpan {
  readonly aggregation: Aggregation;
  events: number;
  readonly sum: ScaledSum;
  /** Quantity of max and last. */
  chosen: Decimal | undefined;
  /** Of the latest event, for last. */
  time: number;
  id: string;
  keys: UniqueKeys | undefined;
  first: Reading | undefined;
  last: Reading | undefined;
}

export function openAccumulator(aggregation: Aggregation, state?: AccumulatorState): Accumulator {
  const chooses = aggregation === 'max' || aggregation === 'last';
  return {
    aggregation,
    events: state?.n ?? 0,
    sum: scaledSum(aggregation === 'sum' && state?.q !== undefined ? Decimal.of(state.q) : Decimal.zero),
    chosen: chooses && state?.q !== undefined ? Decimal.of(state.q) : undefined,
    time: state?.t ?? 0,
    id: state?.i ?? '',
    keys: aggregation === 'unique' ? openUniqueKeys(state?.u ?? '') : undefined,
    first: state?.f && fromReadingState(state.f),
    last: state?.l && fromReadingState(state.l),
  };
}

export function closeAccumulator(accumulator: Accumulator): AccumulatorState {
  const n = accumulator.events;
  switch (accumulator.aggregation) {
    case 'count':
      return { n };
    case 'sum':
    case 'max':
      return { n, q: quantityOf(accumulator).toString() };
    case 'last':
      return { n, q: quantityOf(accumulator).toString(), t: accumulator.time, i: accumulator.id };
    case 'unique':
      return { n, u: accumulator.keys ? closeUniqueKeys(accumulator.keys) : '' };
    case 'register_delta': {
      const { first, last } = accumulator;
      return first && last ? { n, f: toReadingState(first), l: toReadingState(last) } : { n };
    }
  }
}

/** What the meter shows for the period. `before` is the last reading before the period, for register_delta. */
export function quantityOf(accumulator: Accumulator, before?: Reading): Decimal {
  switch (accumulator.aggregation) {
    case 'count':
      return Decimal.fromInteger(accumulator.events);
    case 'sum':
      return toDecimal(accumulator.sum);
    case 'max':
    case 'last':
      return accumulator.chosen ?? Decimal.zero;
    case 'unique':
      return Decimal.fromInteger(accumulator.keys ? countKeys(accumulator.keys) : 0);
    case 'register_delta':
      return consumption(accumulator, before);
  }
}

/** The readings on either side of the period, as far as they are known. */
export interface Neighbours {
  readonly before: Reading | undefined;
  readonly after: Reading | undefined;
}

/** Takes an event in, or says why not and leaves the accumulator as it was. `neighbours` matter to register_delta only. */
export function addEvent(accumulator: Accumulator, event: UsageEvent, neighbours?: Neighbours): MeteringRefusal | undefined {
  const refusal = accumulator.aggregation === 'sum' ? addToSum(accumulator, event) : addByAggregation(accumulator, event, neighbours);
  if (refusal === undefined) accumulator.events++;
  return refusal;
}

/** A quantity of at most this many characters is within the limits whatever its form, and needs no closer look. */
const surelyWithinLimits = quantityLimits.maxFractionDigits;

function addToSum(accumulator: Accumulator, event: UsageEvent): MeteringRefusal | undefined {
  const { quantity } = event;
  if (quantity.length > surelyWithinLimits && decimalFault(quantity, quantityLimits)) return 'quantity_invalid';
  return addText(accumulator.sum, quantity) ? undefined : 'quantity_invalid';
}

function addByAggregation(accumulator: Accumulator, event: UsageEvent, neighbours: Neighbours | undefined): MeteringRefusal | undefined {
  if (accumulator.aggregation === 'count') return undefined;
  if (accumulator.aggregation === 'unique') {
    if (event.key === undefined || event.key === '') return 'key_missing';
    return accumulator.keys && addKey(accumulator.keys, event.key) ? undefined : 'unique_limit';
  }
  if (decimalFault(event.quantity, quantityLimits)) return 'quantity_invalid';
  const value = Decimal.of(event.quantity);
  switch (accumulator.aggregation) {
    case 'sum':
      return undefined;
    case 'max':
      if (!accumulator.chosen || value.compare(accumulator.chosen) > 0) accumulator.chosen = value;
      return undefined;
    case 'last':
      if (isLatest(accumulator, event, value)) {
        accumulator.chosen = value;
        accumulator.time = event.time;
        accumulator.id = event.id;
      }
      return undefined;
    case 'register_delta': {
      const reading = { time: event.time, value };
      return addReading(accumulator, reading, neighbours?.before, neighbours?.after) ? undefined : 'register_decreased';
    }
  }
}

/** By time, then id, then (two sources may use one id) quantity: an order that does not depend on arrival. */
function isLatest(accumulator: Accumulator, event: UsageEvent, value: Decimal): boolean {
  if (accumulator.chosen === undefined || event.time !== accumulator.time) {
    return accumulator.chosen === undefined || event.time > accumulator.time;
  }
  return event.id === accumulator.id ? value.compare(accumulator.chosen) > 0 : event.id > accumulator.id;
}

export interface Accumulated {
  readonly state: AccumulatorState;
  readonly quantity: Decimal;
  readonly refusals: readonly { readonly event: UsageEvent; readonly reason: MeteringRefusal }[];
}

/**
 * Adds events of one period to its state: the whole of metering where no price is asked for. Events that the meter's
 * filter does not let through change nothing.
 */
export function accumulate(
  meter: Meter,
  state: AccumulatorState | undefined,
  events: readonly UsageEvent[],
  neighbours?: Neighbours,
): Accumulated {
  const accumulator = openAccumulator(meter.aggregation, state);
  const refusals: Accumulated['refusals'][number][] = [];
  for (const event of events) {
    const reason = isMetered(meter, event) ? addEvent(accumulator, event, neighbours) : undefined;
    if (reason !== undefined) refusals.push({ event, reason });
  }
  return { state: closeAccumulator(accumulator), quantity: quantityOf(accumulator, neighbours?.before), refusals };
}
