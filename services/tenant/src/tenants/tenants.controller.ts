import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { notFound } from '../shell/chains.js';
import { listPage } from '../shell/list-page.js';
import { TENANT_CONTEXT, type TenantContext } from '../shell/tenant-context.js';
import { verifyTenantChains } from '../shell/verify-tenant-chains.js';
import { createTenant } from './create-tenant.js';
import { type TenantState, toTenant } from './tenant.js';

const { method } = tenantV1.TenantService;

@Controller()
export class TenantsController {
  constructor(@Inject(TENANT_CONTEXT) private readonly context: TenantContext) {}

  @Rpc(method.createTenant)
  create(@Payload() request: tenantV1.CreateTenantRequest): Promise<tenantV1.Tenant> {
    return createTenant(this.context, request);
  }

  /** A tenant reads itself; the operator, who has no tenant, names one. */
  @Rpc(method.getTenant)
  async get(@Payload() request: tenantV1.GetRequest): Promise<tenantV1.Tenant> {
    const id = request.id === '' ? request.tenantId : request.id;
    const foreign = request.tenantId !== '' && request.tenantId !== id;
    const state = foreign ? undefined : await this.context.writer.state<TenantState>(`tenant/${id}`);
    if (!state) throw notFound('tenant', id);
    return toTenant(state);
  }

  @Rpc(method.listTenants)
  async list(@Payload() request: tenantV1.ListTenantsRequest): Promise<tenantV1.TenantPage> {
    const page = await listPage(this.context.views.tenants, { index: 'age', equals: [] }, request, (tenants) =>
      tenants.map(toTenant),
    );
    return create(tenantV1.TenantPageSchema, page);
  }

  @Rpc(method.verifyChains)
  verify(@Payload() request: tenantV1.VerifyChainsRequest): Promise<tenantV1.VerifyChainsReply> {
    return verifyTenantChains(this.context, request);
  }
}
