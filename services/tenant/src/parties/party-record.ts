import type { ViewDocument } from '@tollkeeper/ports';
import type { AddressState } from './address.js';

/**
 * What names a customer or a partner: personal data, or able to be. It stands in durable documents that can be erased,
 * and in no chain; the chain has the id.
 */
export interface PartyRecord extends ViewDocument {
  readonly tenantId: string;
  readonly kind: 'customer' | 'partner';
  readonly name: string;
  readonly email: string;
  readonly vatNumber: string;
  readonly address?: AddressState;
  /** The tenant's own number for a customer; absent when there is none. */
  readonly reference?: string;
  /** Of a partner. */
  readonly iban?: string;
}
