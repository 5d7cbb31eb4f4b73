import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { stateOf } from '../shell/chains.js';
import { listPage } from '../shell/list-page.js';
import { TENANT_CONTEXT, type TenantContext } from '../shell/tenant-context.js';
import { createCustomer, createPartner } from './create-party.js';
import { type CustomerState, toCustomer } from './customer.js';
import { eraseCustomer } from './erase-customer.js';
import { getBillingParty } from './get-billing-party.js';
import { listCustomers } from './list-customers.js';
import { type PartnerState, toPartner } from './partner.js';

const { method } = tenantV1.TenantService;

/** Who buys, and who shares in it. */
@Controller()
export class PartiesController {
  constructor(@Inject(TENANT_CONTEXT) private readonly context: TenantContext) {}

  @Rpc(method.createCustomer)
  createCustomer(@Payload() request: tenantV1.CreateCustomerRequest): Promise<tenantV1.Customer> {
    return createCustomer(this.context, request);
  }

  @Rpc(method.getCustomer)
  async getCustomer(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<tenantV1.Customer> {
    const state = await stateOf<CustomerState>(this.context, 'customer-record', tenantId, id, 'customer');
    return toCustomer(state, await this.context.views.records.get(id));
  }

  @Rpc(method.listCustomers)
  listCustomers(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.CustomerPage> {
    return listCustomers(this.context, request);
  }

  @Rpc(method.eraseCustomer)
  eraseCustomer(@Payload() request: tenantV1.EraseCustomerRequest): Promise<tenantV1.Customer> {
    return eraseCustomer(this.context, request);
  }

  @Rpc(method.getBillingParty)
  getBillingParty(@Payload() request: tenantV1.GetRequest): Promise<tenantV1.BillingParty> {
    return getBillingParty(this.context, request);
  }

  @Rpc(method.createPartner)
  createPartner(@Payload() request: tenantV1.CreatePartnerRequest): Promise<tenantV1.Partner> {
    return createPartner(this.context, request);
  }

  @Rpc(method.getPartner)
  async getPartner(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<tenantV1.Partner> {
    const state = await stateOf<PartnerState>(this.context, 'partner-record', tenantId, id, 'partner');
    return toPartner(state, await this.context.views.records.get(id));
  }

  @Rpc(method.listPartners)
  async listPartners(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.PartnerPage> {
    const { partners, records } = this.context.views;
    const show = async (found: readonly PartnerState[]) => {
      const named = await records.getMany(found.map(({ id }) => id));
      return found.map((partner, i) => toPartner(partner, named[i]));
    };
    if (request.partnerId !== '') {
      const partner = await partners.get(request.partnerId);
      return create(tenantV1.PartnerPageSchema, { items: await show(partner?.tenantId === request.tenantId ? [partner] : []) });
    }
    return create(
      tenantV1.PartnerPageSchema,
      await listPage(partners, { index: 'tenant', equals: [request.tenantId] }, request, show),
    );
  }
}
