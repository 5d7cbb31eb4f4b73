import { type Entry, fromCanonicalBytes } from '@tollkeeper/kernel';
import type { ViewDefinition, ViewDocument } from '@tollkeeper/ports';

/** A meter's or price list's place in the catalogue; the thing itself is read from the chain. */
export interface CatalogueDocument extends ViewDocument {
  readonly tenantId: string;
  readonly code: string;
  /** When it first came in, RFC 3339. */
  readonly createdAt: string;
}

export const metersView: ViewDefinition = { name: 'meters', kind: 'rebuildable', indexes: { tenant: ['tenantId', 'code'] } };

export const priceListsView: ViewDefinition = { name: 'price-lists', kind: 'rebuildable', indexes: { tenant: ['tenantId', 'code'] } };

/** The document of a catalogue entry. `createdAt` of a later version is kept from the first by the entry's body. */
export function toCatalogueDocument(entry: Entry): CatalogueDocument {
  const body = fromCanonicalBytes<{ meter?: { code: string }; price_list?: { code: string }; created_at: string }>(entry.body);
  const code = body.meter?.code ?? body.price_list?.code ?? '';
  const tenantId = entry.chain.slice(entry.chain.indexOf('/') + 1);
  return { id: `${tenantId}/${code}`, version: entry.n, tenantId, code, createdAt: body.created_at };
}
