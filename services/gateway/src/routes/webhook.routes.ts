import { tenantV1 } from '@tollkeeper/contracts';
import type { Route } from '../http/route.js';
import { listQuery, reference } from '../schemas/value.schemas.js';
import { webhookBody } from '../schemas/tenant.schemas.js';
import { idParam } from './path-params.js';

const asks = tenantV1.TenantService.method;

export const webhookRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/webhooks', operationId: 'createWebhook', tag: 'Webhooks', scope: 'webhooks:write', effect: 'write',
    summary: 'Create a webhook endpoint', description: 'Deliveries are signed as Standard Webhooks say; the secret is in this answer only.',
    body: { kind: 'json', schema: webhookBody, into: 'endpoint', example: { url: 'https://hooks.northgrid.example/tollkeeper', events: ['invoice.issued', 'device.blocked'] } },
    asks: asks.createWebhookEndpoint,
    answer: { status: 201, description: 'The endpoint, with its secret.', message: tenantV1.WebhookEndpointSchema },
  },
  {
    method: 'GET', path: '/v1/webhooks', operationId: 'listWebhooks', tag: 'Webhooks', scope: 'webhooks:read', effect: 'read',
    summary: 'List webhook endpoints', description: 'Without their secrets.',
    query: listQuery(),
    asks: asks.listWebhookEndpoints,
    answer: { status: 200, description: 'A page of endpoints.', message: tenantV1.WebhookEndpointPageSchema },
  },
  {
    method: 'DELETE', path: '/v1/webhooks/{id}', operationId: 'deleteWebhook', tag: 'Webhooks', scope: 'webhooks:write', effect: 'write',
    summary: 'Delete a webhook endpoint', description: 'Nothing more is delivered to it.',
    params: idParam('webhook endpoint', 'whk'),
    asks: asks.deleteWebhookEndpoint,
    answer: { status: 200, description: 'What was deleted.', message: tenantV1.DeletedSchema },
  },
  {
    method: 'GET', path: '/v1/webhook-deliveries', operationId: 'listWebhookDeliveries', tag: 'Webhooks', scope: 'webhooks:read', effect: 'read',
    summary: 'List webhook deliveries', description: 'With attempts, the last status and when the next attempt comes. Newest first.',
    query: listQuery({ endpoint_id: reference.optional() }),
    asks: asks.listWebhookDeliveries,
    answer: { status: 200, description: 'A page of deliveries.', message: tenantV1.WebhookDeliveryPageSchema },
  },
  {
    method: 'POST', path: '/v1/webhook-deliveries/{id}/redeliver', operationId: 'redeliverWebhook', tag: 'Webhooks', scope: 'webhooks:write', effect: 'write',
    summary: 'Deliver again', description: 'The same event with the same id, now.',
    params: idParam('delivery', 'dlv'),
    asks: asks.redeliverWebhook,
    answer: { status: 202, description: 'The delivery.', message: tenantV1.WebhookDeliverySchema },
  },
];
