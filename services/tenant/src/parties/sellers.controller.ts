import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { stateOf } from '../shell/chains.js';
import { listPage } from '../shell/list-page.js';
import { TENANT_CONTEXT, type TenantContext } from '../shell/tenant-context.js';
import { type BillingEntityState, toBillingEntity } from './billing-entity.js';
import { type BrandState, toBrand } from './brand.js';
import { createBillingEntity, createBrand } from './create-party.js';

const { method } = tenantV1.TenantService;

/** Who sells: billing entities, and the brands that they sell under. */
@Controller()
export class SellersController {
  constructor(@Inject(TENANT_CONTEXT) private readonly context: TenantContext) {}

  @Rpc(method.createBillingEntity)
  createEntity(@Payload() request: tenantV1.CreateBillingEntityRequest): Promise<tenantV1.BillingEntity> {
    return createBillingEntity(this.context, request);
  }

  @Rpc(method.getBillingEntity)
  async getEntity(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<tenantV1.BillingEntity> {
    return toBillingEntity(await stateOf<BillingEntityState>(this.context, 'entity', tenantId, id, 'billing entity'));
  }

  @Rpc(method.listBillingEntities)
  async listEntities(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.BillingEntityPage> {
    const page = await listPage(
      this.context.views.entities,
      { index: 'tenant', equals: [request.tenantId] },
      request,
      (entities) => entities.map(toBillingEntity),
    );
    return create(tenantV1.BillingEntityPageSchema, page);
  }

  @Rpc(method.createBrand)
  createBrand(@Payload() request: tenantV1.CreateBrandRequest): Promise<tenantV1.Brand> {
    return createBrand(this.context, request);
  }

  @Rpc(method.getBrand)
  async getBrand(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<tenantV1.Brand> {
    return toBrand(await stateOf<BrandState>(this.context, 'brand', tenantId, id, 'brand'));
  }

  @Rpc(method.listBrands)
  async listBrands(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.BrandPage> {
    const page = await listPage(this.context.views.brands, { index: 'tenant', equals: [request.tenantId] }, request, (brands) =>
      brands.map(toBrand),
    );
    return create(tenantV1.BrandPageSchema, page);
  }
}
