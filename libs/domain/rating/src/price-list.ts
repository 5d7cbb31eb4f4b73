/**
 * Price lists as people write them and as they go over the wire: snake_case members, decimals as text, absent members
 * left out. `readPriceList` makes one from anything that came from outside.
 */
export interface PriceList {
  /** Unique in the tenant; what contracts and charge lines name. */
  readonly code: string;
  readonly name: string;
  /** ISO 4217. */
  readonly currency: string;
  /** True when the prices include tax. */
  readonly tax_inclusive: boolean;
  /** By `effective_from`, the earliest first. */
  readonly versions: readonly PriceListVersion[];
}

export interface PriceListVersion {
  /**
   * Event time from which the version counts: a date (YYYY-MM-DD, which begins at midnight in the contract's time zone) or an
   * RFC 3339 time. Left out: since ever.
   */
  readonly effective_from?: string;
  readonly prices: readonly Price[];
}

export interface Price {
  /** Code of the meter; a version has at most one price for it. */
  readonly meter: string;
  /** For the invoice line. */
  readonly description?: string;
  readonly product?: string;
  readonly price: PriceModel;
}

export type PriceModel = SimplePriceModel | TimeOfUse;

/** Members that any simple model may have beside its own. */
interface Extras {
  /** Free units per period (and window) before the model begins; events, for `per_event`. */
  readonly included?: string;
  /** For each event, beside what the model charges. */
  readonly event_fee?: string;
}

export type SimplePriceModel = Extras &
  (
    | /** Once per period with usage (with usage above `included`, where that is given). */ { readonly model: 'flat'; readonly amount: string }
    | { readonly model: 'per_unit'; readonly unit_price: string }
    | /** Each tier's price for the units within it. */ { readonly model: 'graduated'; readonly tiers: readonly Tier[] }
    | /** The price of the tier that the whole quantity reaches, for all units. */ { readonly model: 'volume'; readonly tiers: readonly Tier[] }
    | /** Whole packages, rounded up. */ { readonly model: 'package'; readonly package_size: string; readonly package_price: string }
    | /** Only the fee per event, whatever the quantity. */ { readonly model: 'per_event'; readonly event_fee: string }
  );

export interface Tier {
  /** Greatest quantity of the tier, included; left out in the last tier only. */
  readonly up_to?: string;
  readonly unit_price: string;
  /** Charged once when the tier is reached. */
  readonly flat_fee?: string;
}

/** Usage split by the clock on the wall of the contract's time zone; each window counts its own quantity. */
export interface TimeOfUse {
  readonly model: 'time_of_use';
  readonly windows: readonly TimeWindow[];
  /** For the time that no window covers. */
  readonly otherwise: SimplePriceModel;
}

export interface TimeWindow {
  readonly name: string;
  /** Left out: every day. */
  readonly days?: readonly Weekday[];
  /** HH:MM; from ≤ t < to. A window whose end is not after its start reaches into the next day. */
  readonly from: string;
  /** HH:MM, up to 24:00. */
  readonly to: string;
  readonly price: SimplePriceModel;
}

export const weekdays = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Weekday = (typeof weekdays)[number];

export const simpleModels = ['flat', 'per_unit', 'graduated', 'volume', 'package', 'per_event'] as const;

/** Name, on charge lines, of the time that no window covers. */
export const otherwiseWindow = 'otherwise';
