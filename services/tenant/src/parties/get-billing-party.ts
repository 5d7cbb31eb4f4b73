import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { toContract } from '../contracts/contract.js';
import { stateOf } from '../shell/chains.js';
import { everyPage } from '../shell/list-page.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { type BillingEntityState, toBillingEntity } from './billing-entity.js';
import { type BrandState, toBrand } from './brand.js';
import { type CustomerState, toCustomer } from './customer.js';

/** A customer with its brand, the entity that invoices it, and all its contracts (without their devices). */
export async function getBillingParty(
  context: TenantContext,
  { tenantId, id }: tenantV1.GetRequest,
): Promise<tenantV1.BillingParty> {
  const customer = await stateOf<CustomerState>(context, 'customer-record', tenantId, id, 'customer');
  const brand = await stateOf<BrandState>(context, 'brand', tenantId, customer.brandId, 'brand');
  const entity = await stateOf<BillingEntityState>(context, 'entity', tenantId, brand.billingEntityId, 'billing entity');
  const contracts: tenantV1.Contract[] = [];
  for await (const page of everyPage(context.views.contracts, { index: 'customer', equals: [tenantId, id] }, 500)) {
    contracts.push(...page.map((contract) => toContract(contract)));
  }
  return create(tenantV1.BillingPartySchema, {
    customer: toCustomer(customer, await context.views.records.get(id)),
    brand: toBrand(brand),
    billingEntity: toBillingEntity(entity),
    contracts,
  });
}
