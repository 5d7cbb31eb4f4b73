/** What a meter makes of the events of a period. */
export type Aggregation =
  /** The number of events; their quantities are not looked at. */
  | 'count'
  /** The sum of the quantities. */
  | 'sum'
  /** The greatest quantity. */
  | 'max'
  /** The quantity of the latest event, by time and then by id. */
  | 'last'
  /** The number of different keys. */
  | 'unique'
  /** Quantities are readings of a register that only counts up; its consumption is the difference between readings. */
  | 'register_delta';

export const aggregations: readonly Aggregation[] = ['count', 'sum', 'max', 'last', 'unique', 'register_delta'];

export interface Meter {
  /** Unique in the tenant; what events and prices name. */
  readonly code: string;
  readonly name: string;
  readonly aggregation: Aggregation;
  /** For people, for example kWh or MB. */
  readonly unit: string;
  /** Only events whose dimensions have one of the listed values, for every dimension listed, are metered. */
  readonly filter?: Readonly<Record<string, readonly string[]>>;
}

/** One event of a device, parsed and known to be neither a duplicate nor a conflict. */
export interface UsageEvent {
  readonly source: string;
  readonly id: string;
  /** The meter's code. */
  readonly meter: string;
  /** When it was measured: milliseconds since 1970-01-01T00:00:00Z. */
  readonly time: number;
  /** A decimal; the reading itself for `register_delta`. */
  readonly quantity: string;
  /** What `unique` counts. */
  readonly key?: string;
  readonly dimensions?: Readonly<Record<string, string>>;
}

/** Why an event cannot be metered. It goes to the quarantine under this word. */
export type MeteringRefusal = 'quantity_invalid' | 'key_missing' | 'unique_limit' | 'register_decreased';

/** Digits of a quantity on either side of the point. */
export const quantityLimits = { maxIntegerDigits: 18, maxFractionDigits: 12 };

/** True when the meter's filter lets the event through, or the meter has none. */
export function isMetered(meter: Meter, event: UsageEvent): boolean {
  if (meter.filter === undefined) return true;
  for (const [dimension, values] of Object.entries(meter.filter)) {
    const value = event.dimensions?.[dimension];
    if (value === undefined || !values.includes(value)) return false;
  }
  return true;
}
