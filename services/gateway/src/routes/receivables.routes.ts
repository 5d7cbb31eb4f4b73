import { receivablesV1 } from '@tollkeeper/contracts';
import { z } from 'zod';
import { importPayments } from '../handlers/import-payments.js';
import type { Route } from '../http/route.js';
import { currency, listQuery, reference, text } from '../schemas/value.schemas.js';
import { assignBody, dunningPolicyBody, paymentBody } from '../schemas/money.schemas.js';
import { asId, exampleId, idParam } from './path-params.js';

const asks = receivablesV1.ReceivablesService.method;

const customerParam = { id: { ...idParam('customer', 'cus').id, field: 'customer_id' } };
const ownCustomer = { customer: { by: 'param', name: 'id' } } as const satisfies Route['bound'];
const entityParam = { billing_entity_id: asId('Id of the billing entity.', exampleId('ent')) };
const currencyFilter = currency.optional().describe("Default: that of the customer's billing entity.");

export const receivablesRoutes: readonly Route[] = [
  {
    method: 'GET', path: '/v1/customers/{id}/account', operationId: 'getCustomerAccount', tag: 'Receivables', scope: 'payments:read', effect: 'read',
    summary: 'Read a customer account', description: 'What the customer owes, what is overdue, and each open invoice.',
    params: customerParam,
    query: z.strictObject({ currency: currencyFilter }),
    bound: ownCustomer,
    asks: asks.getCustomerAccount,
    answer: { status: 200, description: 'The account.', message: receivablesV1.CustomerAccountSchema },
  },
  {
    method: 'GET', path: '/v1/customers/{id}/statement', operationId: 'getCustomerStatement', tag: 'Receivables', scope: 'payments:read', effect: 'read',
    summary: "Read a customer's statement", description: 'Every invoice, payment, fee and credit with the balance after it, and its postings in double entry.',
    params: customerParam,
    query: listQuery({ currency: currencyFilter }),
    bound: ownCustomer,
    asks: asks.getCustomerStatement,
    answer: { status: 200, description: 'A page of the statement.', message: receivablesV1.CustomerStatementSchema },
  },
  {
    method: 'POST', path: '/v1/payments', operationId: 'addPayment', tag: 'Receivables', scope: 'payments:write', effect: 'write',
    summary: 'Add a payment', description: 'Matched by its reference. What is too much becomes credit of the customer; what matches nothing waits to be assigned.',
    body: { kind: 'json', schema: paymentBody, into: 'payment', example: { amount: '1250.00', currency: 'SEK', reference: '10042017', payer: 'Bergs Åkeri AB', bank_identity: 'bgmax-2026-02-15-7' } },
    asks: asks.addPayment,
    answer: { status: 201, description: 'The payment and what it paid.', message: receivablesV1.PaymentSchema },
    location: (json) => `/v1/payments/${String(json['id'])}`,
  },
  {
    method: 'GET', path: '/v1/payments', operationId: 'listPayments', tag: 'Receivables', scope: 'payments:read', effect: 'read',
    summary: 'List payments', description: 'Newest first; `status=unmatched` shows those that wait to be assigned.',
    query: listQuery({ customer_id: reference.optional(), status: z.enum(['matched', 'partial', 'overpaid', 'unmatched']).optional() }),
    bound: { customer: { by: 'query', field: 'customer_id' } },
    asks: asks.listPayments,
    answer: { status: 200, description: 'A page of payments.', message: receivablesV1.PaymentPageSchema },
  },
  {
    method: 'POST', path: '/v1/payments/import', operationId: 'importPayments', tag: 'Receivables', scope: 'payments:write', effect: 'write',
    summary: "Import a bank's payment file", description: 'camt.053, camt.054 or Bankgirot (BgMax), as the bank sends it. The same payment twice is one.',
    query: z.strictObject({ name: text(200).optional().describe('Name of the file, for people.') }),
    body: {
      kind: 'raw', limit: 'importBytes', mediaTypes: ['application/xml', 'text/xml', 'text/plain', 'application/octet-stream'],
      description: 'The file as it is; its format is found out.',
      examples: { 'application/xml': '<?xml version="1.0"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.054.001.08"/>', 'text/plain': '01BGMAX               0120260215120000000000P' },
    },
    handle: importPayments,
    answer: { status: 201, description: 'What the file held.', message: receivablesV1.PaymentImportSchema },
  },
  {
    method: 'GET', path: '/v1/payments/{id}', operationId: 'getPayment', tag: 'Receivables', scope: 'payments:read', effect: 'read',
    summary: 'Read a payment', description: 'And the invoices that it paid.',
    params: idParam('payment', 'pay'),
    bound: { customer: { by: 'answer', field: 'customer_id' } },
    asks: asks.getPayment,
    answer: { status: 200, description: 'The payment.', message: receivablesV1.PaymentSchema },
  },
  {
    method: 'POST', path: '/v1/payments/{id}/assign', operationId: 'assignPayment', tag: 'Receivables', scope: 'payments:write', effect: 'write',
    summary: 'Assign a payment', description: 'Gives an unmatched payment to a customer, or to one invoice.',
    params: { id: { ...idParam('payment', 'pay').id, field: 'payment_id' } },
    body: { kind: 'json', schema: assignBody, example: { customer_id: exampleId('cus'), invoice_id: exampleId('inv') } },
    asks: asks.assignPayment,
    answer: { status: 200, description: 'The payment and what it paid.', message: receivablesV1.PaymentSchema },
  },
  {
    method: 'PUT', path: '/v1/dunning-policies/{billing_entity_id}', operationId: 'putDunningPolicy', tag: 'Receivables', scope: 'admin', effect: 'write',
    summary: 'Set how overdue invoices are chased', description: 'Steps of a billing entity, in the order of their days: reminders with fees, then blocking.',
    params: entityParam,
    body: {
      kind: 'json', schema: dunningPolicyBody, into: 'policy',
      example: { steps: [{ days_after_due: 5, action: 'reminder', fee: '60.00', currency: 'SEK' }, { days_after_due: 20, action: 'block' }], minimum: '20.00' },
    },
    asks: asks.putDunningPolicy,
    prepare: ({ id, policy, ...fields }) => ({ ...fields, policy: { ...(policy as typeof fields), billing_entity_id: id ?? '' } }),
    answer: { status: 200, description: 'The policy.', message: receivablesV1.DunningPolicySchema },
  },
  {
    method: 'GET', path: '/v1/dunning-policies/{billing_entity_id}', operationId: 'getDunningPolicy', tag: 'Receivables', scope: 'payments:read', effect: 'read',
    summary: 'Read how overdue invoices are chased', description: 'Of one billing entity.',
    params: entityParam,
    asks: asks.getDunningPolicy,
    answer: { status: 200, description: 'The policy.', message: receivablesV1.DunningPolicySchema },
  },
  {
    method: 'GET', path: '/v1/trial-balance', operationId: 'getTrialBalance', tag: 'Receivables', scope: 'payments:read', effect: 'read',
    summary: 'Read the trial balance', description: 'Every ledger account; the balances of one currency sum to zero.',
    asks: asks.getTrialBalance,
    answer: { status: 200, description: 'The balances.', message: receivablesV1.TrialBalanceSchema },
  },
];
