import { type Entry, fromCanonicalBytes, type Json } from '@tollkeeper/kernel';
import type { Meter } from '@tollkeeper/metering';
import { type CompiledCatalogue, compileCatalogue, effectiveInstant, type PriceList } from '@tollkeeper/rating';
import { describePrice } from './describe-price.js';

/** Bodies of the entries of `catalogue/<tenant>`, by kind. */
export interface MeterPut {
  readonly meter: Meter;
  /** When the meter first came in, RFC 3339. */
  readonly created_at: string;
}
export interface PriceListPut {
  /** The whole list, with the versions that it had before. */
  readonly price_list: PriceList;
  readonly created_at: string;
}

/** The folded state of the catalogue chain: which entry holds the present form of each meter and list. */
export interface CatalogueState {
  readonly meters: Readonly<Record<string, Placed>>;
  readonly price_lists: Readonly<Record<string, Placed>>;
}

interface Placed {
  readonly n: number;
  readonly created_at: string;
}

export const emptyCatalogueState: CatalogueState = { meters: {}, price_lists: {} };

/** What a price is called, for a charge line. */
export interface PriceDescription {
  readonly description: string;
  readonly product: string;
  readonly unit: string;
  readonly taxInclusive: boolean;
  readonly priceText: string;
}

/** One tenant's catalogue as of one of its versions. */
export class RatingCatalogue {
  readonly compiled: CompiledCatalogue;

  constructor(
    /** Number of its newest entry, 0 for an empty catalogue. */
    readonly n: number,
    meters: readonly Meter[],
    private readonly lists: ReadonlyMap<string, PriceList>,
  ) {
    this.compiled = compileCatalogue(meters, [...lists.values()]);
  }

  /** The catalogue that the first `n` entries of the chain make. */
  static fold(entries: readonly Entry[], n: number): RatingCatalogue {
    const meters = new Map<string, Meter>();
    const lists = new Map<string, PriceList>();
    for (const entry of entries.slice(0, n)) {
      if (entry.kind === 'meter_put') {
        const { meter } = fromCanonicalBytes<MeterPut>(entry.body);
        meters.set(meter.code, meter);
      } else {
        const { price_list: list } = fromCanonicalBytes<PriceListPut>(entry.body);
        lists.set(list.code, list);
      }
    }
    return new RatingCatalogue(n, [...meters.values()], lists);
  }

  meter(code: string): Meter | undefined {
    return this.compiled.meters.get(code);
  }

  list(code: string): PriceList | undefined {
    return this.lists.get(code);
  }

  /** The words for a price that was charged. `effectiveFrom` is what the charge names, `timeZone` the contract's. */
  describe(priceList: string, effectiveFrom: number, meter: string, timeZone: string, window: string): PriceDescription {
    const list = this.lists.get(priceList);
    const version = list?.versions.findLast((one) => effectiveInstant(one.effective_from, timeZone) <= effectiveFrom);
    const price = version?.prices.find((one) => one.meter === meter);
    const { name = meter, unit = '' } = this.meter(meter) ?? {};
    return {
      description: price?.description ?? name,
      product: price?.product ?? '',
      unit,
      taxInclusive: list?.tax_inclusive ?? false,
      priceText: price && list ? describePrice(price.price, list.currency, unit, window) : '',
    };
  }
}

/** A body as plain JSON, without the members that are undefined. */
export function toJsonValue(body: MeterPut | PriceListPut): Json {
  return JSON.parse(JSON.stringify(body)) as Json;
}
