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
