import { create, fromJson, type JsonValue } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Json, Problem, toRfc3339 } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import { decodeState } from '../actors/account-state.js';
import { deviceChain, fromDeviceChain } from '../actors/account-store.js';
import type { ClosedBody } from '../actors/closed-body.js';
import type { RatingCatalogue } from '../catalogue/rating-catalogue.js';
import { decodePage, type Page } from '../pages/page.js';

const defaultLimit = 25;

/** The entries of a device account, newest first. @throws Problem `not_found`, `invalid_request` for a wrong cursor */
export async function listEntries(
  chains: ChainStore,
  catalogue: RatingCatalogue,
  request: ratingV1.ListAccountEntriesRequest,
): Promise<ratingV1.AccountEntryPage> {
  const chain = deviceChain(request.tenantId, request.device);
  const [head] = await chains.heads([chain]);
  if (!head) throw new Problem('not_found', 'There is no account of such a device.', { param: 'device' });
  if (request.cursor !== '' && !/^[1-9]\d{0,14}$/.test(request.cursor)) {
    throw new Problem('invalid_request', 'The cursor is not one that this list gave out; begin again without one.', { param: 'cursor' });
  }
  const limit = request.limit || defaultLimit;
  const newest = Math.min(head.n, request.cursor === '' ? head.n : Number(request.cursor));
  const oldest = Math.max(1, newest - limit + 1);
  const entries = await chains.read(chain, oldest, newest, limit);
  const items = [...entries].reverse().map((entry) => toEntryMessage(entry, catalogue, request.withBody));
  return create(ratingV1.AccountEntryPageSchema, { items, nextCursor: oldest > 1 ? String(oldest - 1) : '' });
}

function toEntryMessage(entry: Entry, catalogue: RatingCatalogue, withBody: boolean): ratingV1.AccountEntry {
  const base = {
    n: entry.n,
    kind: entry.kind,
    bookedAt: toRfc3339(entry.bookedAt),
    cause: entry.cause,
    hash: Buffer.from(entry.hash).toString('hex'),
    prev: Buffer.from(entry.prev).toString('hex'),
  };
  if (entry.kind === 'usage_posted') {
    const page = decodePage(entry.body, entry.n);
    const body = withBody ? JSON.stringify(toPageJson(page)) : '';
    return create(ratingV1.AccountEntrySchema, { ...base, events: page.events.length, charges: toPageCharges(entry, page, catalogue), body });
  }
  const json = fromCanonicalBytes<Json>(entry.body);
  const body = withBody ? JSON.stringify(json) : '';
  if (entry.kind !== 'closed') return create(ratingV1.AccountEntrySchema, { ...base, body });
  const charges = fromCanonicalBytes<ClosedBody>(entry.body).lines.map((line) => fromJson(ratingV1.ChargeLineSchema, line as JsonValue));
  return create(ratingV1.AccountEntrySchema, { ...base, charges, body });
}

function toPageCharges(entry: Entry, page: Page, catalogue: RatingCatalogue): ratingV1.ChargeLine[] {
  const { terms } = decodeState(entry.state);
  const { device } = fromDeviceChain(entry.chain);
  return page.charges.map(({ periodStart, periodEnd, meter, priceList, effectiveFrom, window, quantity, events, amount }) =>
    create(ratingV1.ChargeLineSchema, {
      device,
      deviceName: terms.deviceName,
      department: terms.department,
      partnerId: terms.partnerId,
      currency: terms.currency,
      periodStart: toRfc3339(periodStart),
      periodEnd: toRfc3339(periodEnd),
      meter,
      priceList,
      window,
      quantity,
      events,
      amount,
      ...catalogue.describe(priceList, effectiveFrom, meter, terms.timeZone, window),
    }),
  );
}

/** A page for people: snake_case, times as text. */
function toPageJson(page: Page): Json {
  return {
    catalogue: page.catalogue,
    events: page.events.map(({ id, source, meter, time, quantity, key, dimensions, receiptId, ordinal }) => ({
      id,
      source,
      meter,
      time: toRfc3339(time),
      quantity,
      ...(key === '' ? {} : { key }),
      ...(dimensions === undefined ? {} : { dimensions: { ...dimensions } }),
      receipt_id: receiptId,
      ordinal,
    })),
  };
}
