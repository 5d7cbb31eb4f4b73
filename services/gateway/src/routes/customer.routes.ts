import { tenantV1 } from '@tollkeeper/contracts';
import type { Route } from '../http/route.js';
import { listQuery, reference } from '../schemas/value.schemas.js';
import { amendmentBody, contractBody, customerBody } from '../schemas/tenant.schemas.js';
import { exampleId, idParam } from './path-params.js';

const asks = tenantV1.TenantService.method;

const ownList = { customer: { by: 'query', field: 'customer_id' } } as const satisfies Route['bound'];

const contractExample = {
  customer_id: exampleId('cus'), reference: 'C-1001', currency: 'SEK', time_zone: 'Europe/Stockholm', period: 'monthly', anchor_day: 1,
  price_lists: ['standard-2026'], recurring_fees: [{ code: 'service', description: 'Service fee', amount: '49.00', per: 'device' }],
  hold: { threshold: '1000', minimum: '50', longest_days: 90 }, start_date: '2026-01-01', devices: ['SE*NGR*E0001'],
};

export const customerRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/customers', operationId: 'createCustomer', tag: 'Customers', scope: 'customers:write', effect: 'write',
    summary: 'Create a customer', description: 'A consumer or a company that is invoiced. Name, address and e-mail can be erased later.',
    body: {
      kind: 'json', schema: customerBody, into: 'customer',
      example: {
        kind: 'company', brand_id: exampleId('brd'), reference: '10042', name: 'Bergs Åkeri AB', email: 'faktura@bergsakeri.example', vat_number: 'SE556677889901',
        address: { line1: 'Hamngatan 4', postal_code: '411 06', city: 'Göteborg', country: 'SE' }, language: 'sv', departments: [{ code: 'depot-north', name: 'Depot North' }],
      },
    },
    asks: asks.createCustomer,
    answer: { status: 201, description: 'The customer.', message: tenantV1.CustomerSchema },
    location: (json) => `/v1/customers/${String(json['id'])}`,
  },
  {
    method: 'GET', path: '/v1/customers', operationId: 'listCustomers', tag: 'Customers', scope: 'customers:read', effect: 'read',
    summary: 'List customers', description: 'Of the tenant; with `reference`, the one with that number.',
    query: listQuery({ reference: reference.optional().describe("Only the customer with this number of the tenant's own.") }),
    asks: asks.listCustomers,
    answer: { status: 200, description: 'A page of customers.', message: tenantV1.CustomerPageSchema },
  },
  {
    method: 'GET', path: '/v1/customers/{id}', operationId: 'getCustomer', tag: 'Customers', scope: 'customers:read', effect: 'read',
    summary: 'Read a customer', description: 'One customer.',
    params: idParam('customer', 'cus'),
    bound: { customer: { by: 'param', name: 'id' } },
    asks: asks.getCustomer,
    answer: { status: 200, description: 'The customer.', message: tenantV1.CustomerSchema },
  },
  {
    method: 'POST', path: '/v1/customers/{id}/erase', operationId: 'eraseCustomer', tag: 'Customers', scope: 'customers:write', effect: 'write',
    summary: "Erase a customer's personal data", description: 'Name, address and e-mail are gone for good; invoices and amounts stay, with the id only.',
    params: idParam('customer', 'cus'),
    asks: asks.eraseCustomer,
    answer: { status: 200, description: 'The customer, without personal data.', message: tenantV1.CustomerSchema },
  },
  {
    method: 'POST', path: '/v1/contracts', operationId: 'createContract', tag: 'Customers', scope: 'customers:write', effect: 'write',
    summary: 'Create a contract', description: 'Puts devices of a customer under price lists, fees and a billing period.',
    body: { kind: 'json', schema: contractBody, into: 'contract', example: contractExample },
    asks: asks.putContract,
    answer: { status: 201, description: 'The contract.', message: tenantV1.ContractSchema },
    location: (json) => `/v1/contracts/${String(json['id'])}`,
  },
  {
    method: 'POST', path: '/v1/contracts/{id}/amendments', operationId: 'amendContract', tag: 'Customers', scope: 'customers:write', effect: 'write',
    summary: 'Amend a contract', description: 'Makes a new version. Members left out keep their value; `clear` empties; devices are added.',
    params: { id: { ...idParam('contract', 'con').id } },
    body: { kind: 'json', schema: amendmentBody, into: 'contract', example: { price_lists: ['bergs-2026', 'standard-2026'], devices: ['SE*NGR*E0002'] } },
    asks: asks.putContract,
    prepare: ({ id, contract, ...fields }) => ({ ...fields, contract: { ...(contract as typeof fields), id: id ?? '' } }),
    answer: { status: 200, description: 'The contract, as amended.', message: tenantV1.ContractSchema },
  },
  {
    method: 'GET', path: '/v1/contracts', operationId: 'listContracts', tag: 'Customers', scope: 'customers:read', effect: 'read',
    summary: 'List contracts', description: 'Of the tenant, or of one customer.',
    query: listQuery({ customer_id: reference.optional(), reference: reference.optional() }),
    bound: ownList,
    asks: asks.listContracts,
    answer: { status: 200, description: 'A page of contracts.', message: tenantV1.ContractPageSchema },
  },
  {
    method: 'GET', path: '/v1/contracts/{id}', operationId: 'getContract', tag: 'Customers', scope: 'customers:read', effect: 'read',
    summary: 'Read a contract', description: 'Its present version. Its devices: `GET /v1/devices?contract_id=…`.',
    params: idParam('contract', 'con'),
    bound: { customer: { by: 'answer', field: 'customer_id' } },
    asks: asks.getContract,
    answer: { status: 200, description: 'The contract.', message: tenantV1.ContractSchema },
  },
];
