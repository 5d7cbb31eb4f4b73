import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { listPage } from '../shell/list-page.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { type CustomerState, toCustomer } from './customer.js';

/** Customers of a tenant, newest first; or the one with an id; or those with the tenant's own number. */
export async function listCustomers(context: TenantContext, request: tenantV1.ListRequest): Promise<tenantV1.CustomerPage> {
  const { customers, records } = context.views;
  const show = async (found: readonly CustomerState[]) => {
    const named = await records.getMany(found.map(({ id }) => id));
    return found.map((customer, i) => toCustomer(customer, named[i]));
  };
  if (request.customerId !== '') {
    const customer = await customers.get(request.customerId);
    const mine = customer?.tenantId === request.tenantId ? [customer] : [];
    const shown = await show(mine);
    return create(tenantV1.CustomerPageSchema, {
      items: shown.filter(({ reference }) => request.reference === '' || reference === request.reference),
    });
  }
  if (request.reference !== '') {
    const page = await listPage(
      records,
      { index: 'reference', equals: [request.tenantId, 'customer', request.reference] },
      request,
      async (found) => {
        const states = await customers.getMany(found.map(({ id }) => id));
        return states.flatMap((customer, i) => (customer ? [toCustomer(customer, found[i])] : []));
      },
    );
    return create(tenantV1.CustomerPageSchema, page);
  }
  return create(
    tenantV1.CustomerPageSchema,
    await listPage(customers, { index: 'tenant', equals: [request.tenantId] }, request, show),
  );
}
