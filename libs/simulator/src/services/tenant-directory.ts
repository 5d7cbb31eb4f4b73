import { create, type DescMessage, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { rpcPattern } from '@tollkeeper/nest-kit';
import type { Handler } from './request-exchange.js';

/** The parties of one tenant, fixed for the length of a seed. */
export interface Tenancy {
  readonly tenantId: string;
  readonly entities: readonly MessageInitShape<typeof tenantV1.BillingEntitySchema>[];
  readonly brands: readonly MessageInitShape<typeof tenantV1.BrandSchema>[];
  readonly customers: readonly MessageInitShape<typeof tenantV1.CustomerSchema>[];
  readonly contracts: readonly MessageInitShape<typeof tenantV1.ContractSchema>[];
}

const { method } = tenantV1.TenantService;

function answering<I extends DescMessage, O extends DescMessage>(
  rpc: DescMethodUnary<I, O>,
  answer: (request: MessageShape<I>) => MessageInitShape<O>,
): [string, Handler] {
  return [rpcPattern(rpc), (message) => create(rpc.output, answer(message as MessageShape<I>))];
}

/** Answers what the other services ask of the tenant service, which is not on the path: nothing in it changes. */
export function tenantDirectory(tenancies: readonly Tenancy[]): ReadonlyMap<string, Handler> {
  const of = (tenantId: string): Tenancy => found(tenancies.find((tenancy) => tenancy.tenantId === tenantId), tenantId);
  return new Map([
    answering(method.getBillingEntity, ({ tenantId, id }) => found(of(tenantId).entities.find((entity) => entity.id === id), id)),
    answering(method.getBrand, ({ tenantId, id }) => found(of(tenantId).brands.find((brand) => brand.id === id), id)),
    answering(method.getCustomer, ({ tenantId, id }) => found(of(tenantId).customers.find((customer) => customer.id === id), id)),
    answering(method.getContract, ({ tenantId, id }) => found(of(tenantId).contracts.find((contract) => contract.id === id), id)),
    answering(method.listBrands, ({ tenantId }) => ({ items: [...of(tenantId).brands] })),
    answering(method.listCustomers, ({ tenantId }) => ({ items: [...of(tenantId).customers] })),
    answering(method.listBillingEntities, ({ tenantId }) => ({ items: [...of(tenantId).entities] })),
    answering(method.listContracts, ({ tenantId }) => ({ items: [...of(tenantId).contracts] })),
    answering(method.listTenants, () => ({ items: tenancies.map(({ tenantId }) => ({ id: tenantId, mode: 'live' })) })),
    answering(method.listTestClocks, () => ({})),
    answering(method.getBillingParty, ({ tenantId, id }) => {
      const { customers, brands, entities, contracts } = of(tenantId);
      const customer = found(customers.find((one) => one.id === id), id);
      const brand = found(brands.find((one) => one.id === customer.brandId), customer.brandId ?? '');
      const billingEntity = found(entities.find((one) => one.id === brand.billingEntityId), brand.billingEntityId ?? '');
      return { customer, brand, billingEntity, contracts: contracts.filter(({ customerId }) => customerId === id) };
    }),
  ]);
}

function found<T>(thing: T | undefined, id: string): T {
  if (thing === undefined) throw new Problem('not_found', `There is no ${id}.`);
  return thing;
}
