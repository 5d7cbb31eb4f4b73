import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { listPage } from '../shell/list-page.js';
import { TENANT_CONTEXT, type TenantContext } from '../shell/tenant-context.js';
import { createEndpoint, deleteEndpoint } from './change-endpoint.js';
import { toDelivery } from './delivery.js';
import { type EndpointState, toEndpoint } from './endpoint.js';
import { Webhooks } from './webhooks.js';

const { method } = tenantV1.TenantService;

@Controller()
export class WebhooksController {
  constructor(
    @Inject(TENANT_CONTEXT) private readonly context: TenantContext,
    @Inject(Webhooks) private readonly webhooks: Webhooks,
  ) {}

  @Rpc(method.createWebhookEndpoint)
  create(@Payload() request: tenantV1.CreateWebhookEndpointRequest): Promise<tenantV1.WebhookEndpoint> {
    return createEndpoint(this.context, this.webhooks.book, request);
  }

  @Rpc(method.deleteWebhookEndpoint)
  remove(@Payload() request: tenantV1.DeleteRequest): Promise<tenantV1.Deleted> {
    return deleteEndpoint(this.context, request);
  }

  @Rpc(method.listWebhookEndpoints)
  async list(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.WebhookEndpointPage> {
    const selection = {
      index: 'tenant',
      equals: [request.tenantId],
      keep: (endpoint: EndpointState) => endpoint.deletedAt === undefined,
    };
    const page = await listPage(this.context.views.endpoints, selection, request, (endpoints) =>
      endpoints.map((endpoint) => toEndpoint(endpoint)),
    );
    return create(tenantV1.WebhookEndpointPageSchema, page);
  }

  @Rpc(method.listWebhookDeliveries)
  async listDeliveries(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.WebhookDeliveryPage> {
    const { tenantId, endpointId } = request;
    const selection =
      endpointId === '' ? { index: 'tenant', equals: [tenantId] } : { index: 'endpoint', equals: [tenantId, endpointId] };
    const page = await listPage(this.context.views.deliveries, selection, request, (deliveries) => deliveries.map(toDelivery));
    return create(tenantV1.WebhookDeliveryPageSchema, page);
  }

  @Rpc(method.redeliverWebhook)
  redeliver(@Payload() request: tenantV1.RedeliverRequest): Promise<tenantV1.WebhookDelivery> {
    return this.webhooks.redeliver(request);
  }
}
