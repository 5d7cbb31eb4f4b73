import { tenantV1 } from '@tollkeeper/contracts';
import { createOwnKey, createTenantKey } from '../handlers/create-key.js';
import { whoAmI } from '../handlers/who-am-i.js';
import type { Route } from '../http/route.js';
import { listQuery } from '../schemas/value.schemas.js';
import { apiKeyBody, billingEntityBody, brandBody, tenantBody } from '../schemas/tenant.schemas.js';
import { exampleId, idParam } from './path-params.js';

const asks = tenantV1.TenantService.method;

const keyExample = { name: 'Back office', role: 'finance' };

export const tenantRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/tenants', operationId: 'createTenant', tag: 'Installation', scope: 'platform', effect: 'write',
    summary: 'Create a tenant',
    description: 'For the operator of the installation. Create the first API key of the tenant next.',
    body: { kind: 'json', schema: tenantBody, into: 'tenant', example: { name: 'Northgrid', slug: 'northgrid', mode: 'sandbox' } },
    asks: asks.createTenant,
    answer: { status: 201, description: 'The tenant.', message: tenantV1.TenantSchema },
    location: (json) => `/v1/tenants/${String(json['id'])}`,
  },
  {
    method: 'GET', path: '/v1/tenants', operationId: 'listTenants', tag: 'Installation', scope: 'platform', effect: 'read',
    summary: 'List tenants', description: 'Every tenant of the installation, newest last.',
    query: listQuery(),
    asks: asks.listTenants,
    answer: { status: 200, description: 'A page of tenants.', message: tenantV1.TenantPageSchema },
  },
  {
    method: 'GET', path: '/v1/tenants/{id}', operationId: 'getTenant', tag: 'Installation', scope: 'platform', effect: 'read',
    summary: 'Read a tenant', description: 'For the operator of the installation.',
    params: idParam('tenant', 'ten'),
    asks: asks.getTenant,
    answer: { status: 200, description: 'The tenant.', message: tenantV1.TenantSchema },
  },
  {
    method: 'POST', path: '/v1/tenants/{tenant_id}/api-keys', operationId: 'createTenantApiKey', tag: 'Installation', scope: 'platform', effect: 'write',
    summary: "Create a tenant's API key",
    description: 'How the operator of the installation hands a tenant its first key. The secret is in this answer only.',
    params: { tenant_id: { description: 'Id of the tenant.', example: exampleId('ten') } },
    body: { kind: 'json', schema: apiKeyBody, into: 'api_key', example: { name: 'First key', role: 'admin' } },
    handle: createTenantKey,
    answer: { status: 201, description: 'The key, with its secret.', message: tenantV1.ApiKeySchema },
  },
  {
    method: 'GET', path: '/v1/me', operationId: 'whoAmI', tag: 'Access', scope: 'any', effect: 'read',
    summary: 'Tell who calls', description: 'Tenant, role and scopes of the API key of this request.',
    bound: { customer: { by: 'answer', field: 'customer_id' }, partner: { by: 'answer', field: 'partner_id' } },
    handle: whoAmI,
    answer: { status: 200, description: 'Who calls.', message: tenantV1.PrincipalSchema },
  },
  {
    method: 'POST', path: '/v1/api-keys', operationId: 'createApiKey', tag: 'Access', scope: 'keys:write', effect: 'write',
    summary: 'Create an API key',
    description: 'The secret is in this answer only. Nobody gives a key more scopes than they have.',
    body: { kind: 'json', schema: apiKeyBody, into: 'api_key', example: keyExample },
    handle: createOwnKey,
    answer: { status: 201, description: 'The key, with its secret.', message: tenantV1.ApiKeySchema },
  },
  {
    method: 'GET', path: '/v1/api-keys', operationId: 'listApiKeys', tag: 'Access', scope: 'keys:read', effect: 'read',
    summary: 'List API keys', description: 'Without their secrets; the hint tells them apart.',
    query: listQuery(),
    asks: asks.listApiKeys,
    answer: { status: 200, description: 'A page of keys.', message: tenantV1.ApiKeyPageSchema },
  },
  {
    method: 'DELETE', path: '/v1/api-keys/{id}', operationId: 'revokeApiKey', tag: 'Access', scope: 'keys:write', effect: 'write',
    summary: 'Revoke an API key', description: 'It stops working at once in this process, and within 30 seconds everywhere.',
    params: idParam('key', 'key'),
    asks: asks.revokeApiKey, after: 'forget_key',
    answer: { status: 200, description: 'The revoked key.', message: tenantV1.ApiKeySchema },
  },
  {
    method: 'POST', path: '/v1/billing-entities', operationId: 'createBillingEntity', tag: 'Sellers', scope: 'admin', effect: 'write',
    summary: 'Create a billing entity', description: 'The legal person that sells: invoices bear its name, numbers and address.',
    body: {
      kind: 'json', schema: billingEntityBody, into: 'billing_entity',
      example: {
        name: 'Northgrid Sverige AB', registration_number: '559012-3450', vat_number: 'SE559012345001', currency: 'SEK', series: 'SE',
        address: { line1: 'Storgatan 1', postal_code: '111 22', city: 'Stockholm', country: 'SE' },
        bankgiro: '5805-6201', reference_kind: 'ocr', payment_days: 30, time_zone: 'Europe/Stockholm',
      },
    },
    asks: asks.createBillingEntity,
    answer: { status: 201, description: 'The billing entity.', message: tenantV1.BillingEntitySchema },
    location: (json) => `/v1/billing-entities/${String(json['id'])}`,
  },
  {
    method: 'GET', path: '/v1/billing-entities', operationId: 'listBillingEntities', tag: 'Sellers', scope: 'customers:read', effect: 'read',
    summary: 'List billing entities', description: 'The legal persons that sell.',
    query: listQuery(),
    asks: asks.listBillingEntities,
    answer: { status: 200, description: 'A page of billing entities.', message: tenantV1.BillingEntityPageSchema },
  },
  {
    method: 'GET', path: '/v1/billing-entities/{id}', operationId: 'getBillingEntity', tag: 'Sellers', scope: 'customers:read', effect: 'read',
    summary: 'Read a billing entity', description: 'One legal person that sells.',
    params: idParam('billing entity', 'ent'),
    asks: asks.getBillingEntity,
    answer: { status: 200, description: 'The billing entity.', message: tenantV1.BillingEntitySchema },
  },
  {
    method: 'POST', path: '/v1/brands', operationId: 'createBrand', tag: 'Sellers', scope: 'admin', effect: 'write',
    summary: 'Create a brand', description: 'How the tenant shows itself to the customers of one brand: colours, logo, language.',
    body: {
      kind: 'json', schema: brandBody, into: 'brand',
      example: { name: 'Northgrid Charge', billing_entity_id: exampleId('ent'), primary_color: '#0b6e4f', accent_color: '#f2b705', language: 'sv' },
    },
    asks: asks.createBrand,
    answer: { status: 201, description: 'The brand.', message: tenantV1.BrandSchema },
    location: (json) => `/v1/brands/${String(json['id'])}`,
  },
  {
    method: 'GET', path: '/v1/brands', operationId: 'listBrands', tag: 'Sellers', scope: 'customers:read', effect: 'read',
    summary: 'List brands', description: 'The brands of the tenant.',
    query: listQuery(),
    asks: asks.listBrands,
    answer: { status: 200, description: 'A page of brands.', message: tenantV1.BrandPageSchema },
  },
  {
    method: 'GET', path: '/v1/brands/{id}', operationId: 'getBrand', tag: 'Sellers', scope: 'customers:read', effect: 'read',
    summary: 'Read a brand', description: 'One brand.',
    params: idParam('brand', 'brd'),
    asks: asks.getBrand,
    answer: { status: 200, description: 'The brand.', message: tenantV1.BrandSchema },
  },
];
