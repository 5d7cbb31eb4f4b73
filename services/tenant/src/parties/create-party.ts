import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { derivedId, fromCanonicalBytes, type IdKind, type Json, Problem } from '@tollkeeper/kernel';
import { type ChainKind, chainName, referred } from '../shell/chains.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { type BillingEntityState, fromBillingEntity, toBillingEntity } from './billing-entity.js';
import { type BrandState, fromBrand, toBrand } from './brand.js';
import { type CustomerState, fromCustomer, type Made, toCustomer } from './customer.js';
import { fromPartner, type PartnerState, toPartner } from './partner.js';
import type { PartyRecord } from './party-record.js';

export async function createBillingEntity(
  context: TenantContext,
  request: tenantV1.CreateBillingEntityRequest,
): Promise<tenantV1.BillingEntity> {
  const creation = begin(context, request, 'entity', 'billingEntity');
  const wanted = fromBillingEntity(request.billingEntity ?? create(tenantV1.BillingEntitySchema), creation.made);
  return toBillingEntity(await openChain(context, creation, wanted));
}

export async function createBrand(context: TenantContext, request: tenantV1.CreateBrandRequest): Promise<tenantV1.Brand> {
  const creation = begin(context, request, 'brand', 'brand');
  const wanted = fromBrand(request.brand ?? create(tenantV1.BrandSchema), creation.made);
  await referred<BillingEntityState>(context, 'entity', request.tenantId, wanted.billingEntityId, {
    what: 'billing entity',
    param: 'billing_entity_id',
  });
  return toBrand(await openChain(context, creation, wanted));
}

export async function createCustomer(
  context: TenantContext,
  request: tenantV1.CreateCustomerRequest,
): Promise<tenantV1.Customer> {
  const creation = begin(context, request, 'customer-record', 'customer');
  const given = request.customer ?? create(tenantV1.CustomerSchema);
  const brand = await referred<BrandState>(context, 'brand', request.tenantId, given.brandId, {
    what: 'brand',
    param: 'brand_id',
  });
  const { state, record } = fromCustomer(given, creation.made, brand.language);
  const made = await openRecorded<CustomerState>(context, creation, state, record);
  if (made.erasedAt !== undefined) await context.views.records.remove([made.id]);
  return toCustomer(made, await context.views.records.get(made.id));
}

export async function createPartner(context: TenantContext, request: tenantV1.CreatePartnerRequest): Promise<tenantV1.Partner> {
  const creation = begin(context, request, 'partner-record', 'partner');
  const { state, record } = fromPartner(request.partner ?? create(tenantV1.PartnerSchema), creation.made);
  const made = await openRecorded<PartnerState>(context, creation, state, record);
  return toPartner(made, await context.views.records.get(made.id));
}

interface Creation {
  readonly chain: string;
  readonly cause: string;
  readonly made: Made;
}

function begin(
  context: TenantContext,
  { tenantId, cause }: { tenantId: string; cause: string },
  chainKind: ChainKind,
  idKind: IdKind,
): Creation {
  const id = derivedId(idKind, tenantId, cause);
  return {
    chain: chainName(chainKind, tenantId, id),
    cause,
    made: { id, tenantId, createdAt: context.ports.clocks.now(tenantId) },
  };
}

/** The first entry of the thing's chain, or what the same cause made before. */
async function openChain<S extends { readonly [key: string]: Json | undefined }>(
  context: TenantContext,
  { chain, cause, made }: Creation,
  wanted: S,
): Promise<S> {
  const { entry } = await context.writer.execute<S>({
    chain,
    cause,
    now: made.createdAt,
    decide: (present) => (present ? undefined : { kind: 'created', body: wanted, state: wanted }),
  });
  return entry ? fromCanonicalBytes<S>(entry.state) : wanted;
}

/**
 * The record is durable before the chain says that the party exists: after a crash between the two, the same request
 * finds its way. A request that was answered before writes no record again, because the person may be erased by now.
 */
async function openRecorded<S extends { readonly [key: string]: Json | undefined }>(
  context: TenantContext,
  creation: Creation,
  state: S,
  record: PartyRecord,
): Promise<S> {
  const present = await context.writer.state<S>(creation.chain);
  if (present) return present;
  if (record.reference !== undefined) await refuseKnownReference(context, record);
  await context.views.records.put([record]);
  await openChain(context, creation, state);
  return (await context.writer.state<S>(creation.chain)) ?? state;
}

/** Keeps a list that is sent twice from making every customer twice. Two requests at the same moment may both pass. */
async function refuseKnownReference(context: TenantContext, record: PartyRecord): Promise<void> {
  const equals = [record.tenantId, record.kind, record.reference ?? ''];
  const { items } = await context.views.records.list({ index: 'reference', equals, limit: 10 });
  for (const other of items) {
    if (other.id === record.id || !(await context.writer.state(chainName('customer-record', record.tenantId, other.id))))
      continue;
    throw new Problem(
      'conflict',
      `The customer ${other.id} has the reference “${record.reference}” already; use that one, or another reference.`,
      { param: 'reference' },
    );
  }
}
