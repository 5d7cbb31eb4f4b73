import { isDeepStrictEqual } from 'node:util';
import type { ratingV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { type PriceList, type PriceListVersion, readPriceList } from '@tollkeeper/rating';
import { fromPriceListMessage } from '../catalogue/catalogue.mapping.js';
import type { Catalogues } from '../catalogue/catalogues.js';
import { type PriceListPut, type RatingCatalogue, toJsonValue } from '../catalogue/rating-catalogue.js';
import { type CatalogueItem, type CataloguePorts, writeCatalogue } from '../catalogue/write-catalogue.js';

/**
 * Puts a price list, or further versions of one: versions that it had before stay, unless the request has one with the same
 * date of effect. A version that takes effect in the past counts for what is booked from now on; pages that are booked
 * keep the price they were booked with.
 *
 * @throws Problem `invalid_request` naming the member, `conflict` for another currency
 */
export async function putPriceList(ports: CataloguePorts, request: ratingV1.PutPriceListRequest, now: Instant): Promise<CatalogueItem<PriceList>> {
  const { tenantId, cause, priceList: message } = request;
  if (!message) throw new Problem('invalid_request', 'Give the price list.', { param: 'price_list' });
  const entry = await writeCatalogue(ports, {
    tenantId,
    cause,
    now,
    decide: (present, state, n) => {
      const list = read(message, present);
      const merged = mergeVersions(present.list(list.code), list);
      if (merged === undefined) return undefined;
      const placed = { n, created_at: state.price_lists[list.code]?.created_at ?? toRfc3339(now) };
      const body = toJsonValue({ price_list: merged, created_at: placed.created_at });
      return { kind: 'price_list_put', body, state: { ...state, price_lists: { ...state.price_lists, [list.code]: placed } } };
    },
  });
  return entry ? toPriceListItem(entry) : findPriceList(ports.catalogues, tenantId, message.code);
}

function read(message: ratingV1.PriceList, present: RatingCatalogue): PriceList {
  const { priceList, faults } = readPriceList(fromPriceListMessage(message), { meters: [...present.compiled.meters.values()] });
  if (priceList) return priceList;
  const detail = faults.map(({ path, message: wrong }) => `${path} ${wrong}`).join('; ');
  throw new Problem('invalid_request', `The price list is not valid: ${detail}.`, { param: faults[0]?.path ?? 'price_list' });
}

/** @throws Problem `not_found` */
export async function findPriceList(catalogues: Catalogues, tenantId: string, code: string): Promise<CatalogueItem<PriceList>> {
  const found = await catalogues.find(tenantId, 'price_list_put', code);
  if (!found) throw new Problem('not_found', 'There is no such price list.', { param: 'code' });
  return toPriceListItem(found);
}

function toPriceListItem(entry: Entry): CatalogueItem<PriceList> {
  const { price_list: item, created_at: createdAt } = fromCanonicalBytes<PriceListPut>(entry.body);
  return { item, version: entry.n, createdAt };
}

/** The list with the versions of both; undefined when it is what stands there. */
function mergeVersions(before: PriceList | undefined, list: PriceList): PriceList | undefined {
  if (!before) return list;
  if (before.currency !== list.currency) {
    throw new Problem('conflict', `The price list ${JSON.stringify(list.code)} is in ${before.currency}; make a list with another code for ${list.currency}.`, {
      param: 'currency',
    });
  }
  const named = new Set(list.versions.map((version) => version.effective_from));
  const versions = [...before.versions.filter((version) => !named.has(version.effective_from)), ...list.versions].sort(compareVersions);
  const merged = { ...list, versions };
  return isDeepStrictEqual(merged, before) ? undefined : merged;
}

function compareVersions(a: PriceListVersion, b: PriceListVersion): number {
  return instantOf(a) - instantOf(b);
}

/** Good enough to order by: the contract's time zone moves dates by less than a day, and two versions of one day are times. */
function instantOf(version: PriceListVersion): number {
  return version.effective_from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(version.effective_from);
}
