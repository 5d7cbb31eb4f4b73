import { commissionsV1, tenantV1 } from '@tollkeeper/contracts';
import { readStatement, readStatementAs, statementTypes } from '../handlers/render.js';
import type { Route } from '../http/route.js';
import { currency, listQuery, reference } from '../schemas/value.schemas.js';
import { agreementBody } from '../schemas/money.schemas.js';
import { partnerBody } from '../schemas/tenant.schemas.js';
import { exampleId, idParam } from './path-params.js';

const tenants = tenantV1.TenantService.method;
const asks = commissionsV1.CommissionsService.method;

const ownPartner = { partner: { by: 'param', name: 'id' } } as const satisfies Route['bound'];
const ownAnswer = { partner: { by: 'answer', field: 'partner_id' } } as const satisfies Route['bound'];

const agreementExample = {
  partner_id: exampleId('par'), basis: 'paid', currency: 'SEK', start_date: '2026-01-01',
  rates: [{ meter: 'energy', percentage: '12.5' }, { meter: '*', percentage: '5' }],
};

export const partnerRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/partners', operationId: 'createPartner', tag: 'Partners', scope: 'partners:write', effect: 'write',
    summary: 'Create a partner', description: 'A third party that shares in the revenue.',
    body: {
      kind: 'json', schema: partnerBody, into: 'partner',
      example: { name: 'Fastighets AB Hamnen', email: 'ekonomi@hamnen.example', vat_number: 'SE556012579001', currency: 'SEK', language: 'sv' },
    },
    asks: tenants.createPartner,
    answer: { status: 201, description: 'The partner.', message: tenantV1.PartnerSchema },
    location: (json) => `/v1/partners/${String(json['id'])}`,
  },
  {
    method: 'GET', path: '/v1/partners', operationId: 'listPartners', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: 'List partners', description: 'Of the tenant.',
    query: listQuery(),
    asks: tenants.listPartners,
    answer: { status: 200, description: 'A page of partners.', message: tenantV1.PartnerPageSchema },
  },
  {
    method: 'GET', path: '/v1/partners/{id}', operationId: 'getPartner', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: 'Read a partner', description: 'One partner.',
    params: idParam('partner', 'par'),
    bound: ownPartner,
    asks: tenants.getPartner,
    answer: { status: 200, description: 'The partner.', message: tenantV1.PartnerSchema },
  },
  {
    method: 'GET', path: '/v1/partners/{id}/account', operationId: 'getPartnerAccount', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: "Read a partner's account", description: 'Balance, and each commission earned or clawed back with the invoice line it comes from.',
    params: { id: { ...idParam('partner', 'par').id, field: 'partner_id' } },
    query: listQuery({ currency: currency.optional().describe("Default: the partner's own.") }),
    bound: ownPartner,
    asks: asks.getPartnerAccount,
    answer: { status: 200, description: 'The account and a page of its lines.', message: commissionsV1.PartnerAccountPageSchema },
  },
  {
    method: 'POST', path: '/v1/agreements', operationId: 'createAgreement', tag: 'Partners', scope: 'partners:write', effect: 'write',
    summary: 'Make an agreement', description: "A partner's percentage per meter, of what is invoiced or of what is paid.",
    body: { kind: 'json', schema: agreementBody, into: 'agreement', example: agreementExample },
    asks: asks.putAgreement,
    answer: { status: 201, description: 'The agreement.', message: commissionsV1.AgreementSchema },
  },
  {
    method: 'PUT', path: '/v1/agreements/{id}', operationId: 'changeAgreement', tag: 'Partners', scope: 'partners:write', effect: 'write',
    summary: 'Change an agreement', description: 'Makes a new version; what was earned stays as it is.',
    params: idParam('agreement', 'agr'),
    body: { kind: 'json', schema: agreementBody, into: 'agreement', example: agreementExample },
    asks: asks.putAgreement,
    prepare: ({ id, agreement, ...fields }) => ({ ...fields, agreement: { ...(agreement as typeof fields), id: id ?? '' } }),
    answer: { status: 200, description: 'The agreement.', message: commissionsV1.AgreementSchema },
  },
  {
    method: 'GET', path: '/v1/agreements', operationId: 'listAgreements', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: 'List agreements', description: 'Of the tenant, or of one partner.',
    query: listQuery({ partner_id: reference.optional() }),
    bound: { partner: { by: 'query', field: 'partner_id' } },
    asks: asks.listAgreements,
    answer: { status: 200, description: 'A page of agreements.', message: commissionsV1.AgreementPageSchema },
  },
  {
    method: 'GET', path: '/v1/statements', operationId: 'listStatements', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: 'List partner statements', description: 'One per partner, currency and month; newest first.',
    query: listQuery({ partner_id: reference.optional() }),
    bound: { partner: { by: 'query', field: 'partner_id' } },
    asks: asks.listStatements,
    answer: { status: 200, description: 'A page of statements.', message: commissionsV1.PartnerStatementPageSchema },
  },
  {
    method: 'GET', path: '/v1/statements/{id}', operationId: 'getStatement', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: 'Read a partner statement', description: 'As JSON with every line, or by Accept as CSV or PDF.',
    params: idParam('statement', 'sta'),
    bound: ownAnswer,
    handle: readStatement,
    answer: { status: 200, description: 'The statement.', message: commissionsV1.PartnerStatementSchema, types: statementTypes },
  },
  {
    method: 'GET', path: '/v1/statements/{id}/pdf', operationId: 'getStatementPdf', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: 'Download a partner statement as PDF', description: 'At an address of its own, for links.',
    params: idParam('statement', 'sta'),
    bound: ownAnswer,
    handle: readStatementAs('pdf'),
    answer: { status: 200, description: 'The PDF.', types: ['application/pdf'] },
  },
  {
    method: 'GET', path: '/v1/statements/{id}/csv', operationId: 'getStatementCsv', tag: 'Partners', scope: 'partners:read', effect: 'read',
    summary: 'Download a partner statement as CSV', description: 'At an address of its own, for spreadsheets.',
    params: idParam('statement', 'sta'),
    bound: ownAnswer,
    handle: readStatementAs('csv'),
    answer: { status: 200, description: 'One row per commission line.', types: ['text/csv'] },
  },
];
