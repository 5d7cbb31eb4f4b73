import type { tenantV1 } from '@tollkeeper/contracts';
import { fromCanonicalBytes } from '@tollkeeper/kernel';
import { chainName, notFound, stateOf } from '../shell/chains.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { type CustomerState, toCustomer } from './customer.js';

/**
 * Removes what names the customer, for good; its chain says when, and stays whole. Invoices that were issued keep what
 * the law wants on them; what follows the entry removes the record (see the module).
 */
export async function eraseCustomer(context: TenantContext, request: tenantV1.EraseCustomerRequest): Promise<tenantV1.Customer> {
  const { tenantId, id, cause } = request;
  const before = await stateOf<CustomerState>(context, 'customer-record', tenantId, id, 'customer');
  const now = context.ports.clocks.now(tenantId);
  const { entry } = await context.writer.execute<CustomerState>({
    chain: chainName('customer-record', tenantId, id),
    cause,
    now,
    decide: (customer) => {
      if (!customer) throw notFound('customer', id);
      if (customer.erasedAt !== undefined) return undefined;
      return { kind: 'erased', body: { id }, state: { ...customer, erasedAt: now } };
    },
  });
  return toCustomer(entry ? fromCanonicalBytes<CustomerState>(entry.state) : before);
}
