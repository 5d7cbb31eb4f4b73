import type { Wire } from '@tollkeeper/api-client';
import type { invoicingV1, tenantV1 } from '@tollkeeper/contracts';

interface Items {
  readonly customer: Wire<tenantV1.Customer>;
  readonly partner: Wire<tenantV1.Partner>;
  readonly entity: Wire<tenantV1.BillingEntity>;
  readonly invoice: Wire<invoicingV1.Invoice>;
}

/** How the API shows a thing that can be found by name. */
export type ItemOf<What extends keyof Items> = Items[What];

/** True for `prefix_` + 26 characters, the form of every id. */
export function isIdOf(text: string, prefix: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-z]{20,32}$/.test(text.slice(prefix.length + 1));
}
