import { invoicingV1 } from '@tollkeeper/contracts';
import { invoiceTypes, readInvoice, readInvoicePdf, readReminderPdf } from '../handlers/render.js';
import type { Route } from '../http/route.js';
import { listQuery, reference, text } from '../schemas/value.schemas.js';
import { billRunBody, creditNoteBody } from '../schemas/money.schemas.js';
import { exampleId, idParam } from './path-params.js';

const asks = invoicingV1.InvoicingService.method;

const billRunExample = { billing_entity_id: exampleId('ent'), until: '2026-02-01T00:00:00+01:00' };

export const invoicingRoutes: readonly Route[] = [
  {
    method: 'POST', path: '/v1/bill-runs/preview', operationId: 'previewBillRun', tag: 'Invoicing', scope: 'invoices:read', effect: 'read',
    summary: 'Preview a bill run', description: 'What would be invoiced, without numbers; nothing is written.',
    body: { kind: 'json', schema: billRunBody, example: billRunExample },
    asks: asks.previewBillRun,
    answer: { status: 200, description: 'The run with its invoices in `preview`.', message: invoicingV1.BillRunSchema },
  },
  {
    method: 'POST', path: '/v1/bill-runs', operationId: 'startBillRun', tag: 'Invoicing', scope: 'invoices:write', effect: 'write',
    summary: 'Start a bill run', description: 'Closes what is due, numbers and issues the invoices. It goes on in the background; read it until it is `done`.',
    body: { kind: 'json', schema: billRunBody, example: billRunExample },
    asks: asks.startBillRun,
    answer: { status: 202, description: 'The run.', message: invoicingV1.BillRunSchema },
    location: (json) => `/v1/bill-runs/${String(json['id'])}`,
  },
  {
    method: 'GET', path: '/v1/bill-runs', operationId: 'listBillRuns', tag: 'Invoicing', scope: 'invoices:read', effect: 'read',
    summary: 'List bill runs', description: 'Newest first.',
    query: listQuery(),
    asks: asks.listBillRuns,
    answer: { status: 200, description: 'A page of runs.', message: invoicingV1.BillRunPageSchema },
  },
  {
    method: 'GET', path: '/v1/bill-runs/{id}', operationId: 'getBillRun', tag: 'Invoicing', scope: 'invoices:read', effect: 'read',
    summary: 'Read a bill run', description: 'How far it is, the invoices it issued and the customers that failed.',
    params: idParam('bill run', 'run'),
    asks: asks.getBillRun,
    answer: { status: 200, description: 'The run.', message: invoicingV1.BillRunSchema },
  },
  {
    method: 'GET', path: '/v1/invoices', operationId: 'listInvoices', tag: 'Invoicing', scope: 'invoices:read', effect: 'read',
    summary: 'List invoices and credit notes', description: 'Newest first.',
    query: listQuery({
      customer_id: reference.optional(), bill_run_id: reference.optional(), billing_entity_id: reference.optional(),
      number: text(40).optional().describe('Exact number.'),
    }),
    bound: { customer: { by: 'query', field: 'customer_id' } },
    asks: asks.listInvoices,
    answer: { status: 200, description: 'A page of invoices.', message: invoicingV1.InvoicePageSchema },
  },
  {
    method: 'GET', path: '/v1/invoices/{id}', operationId: 'getInvoice', tag: 'Invoicing', scope: 'invoices:read', effect: 'read',
    summary: 'Read an invoice', description: 'As JSON with every line, or by Accept as the PDF that the customer gets.',
    params: idParam('invoice or credit note', 'inv'),
    bound: { customer: { by: 'answer', field: 'customer_id' } },
    handle: readInvoice,
    answer: { status: 200, description: 'The invoice.', message: invoicingV1.InvoiceSchema, types: invoiceTypes },
  },
  {
    method: 'GET', path: '/v1/invoices/{id}/pdf', operationId: 'getInvoicePdf', tag: 'Invoicing', scope: 'invoices:read', effect: 'read',
    summary: 'Download an invoice as PDF', description: 'The same PDF at an address of its own, for links.',
    params: idParam('invoice or credit note', 'inv'),
    bound: { customer: { by: 'answer', field: 'customer_id' } },
    handle: readInvoicePdf,
    answer: { status: 200, description: 'The PDF.', types: ['application/pdf'] },
  },
  {
    method: 'GET', path: '/v1/invoices/{id}/reminder/pdf', operationId: 'getReminderPdf', tag: 'Invoicing', scope: 'invoices:read', effect: 'read',
    summary: 'Download the reminder of an overdue invoice',
    description: 'The letter as of today: what is open with the fees of the reminders so far, and by when to pay. 409 when nothing is overdue.',
    params: idParam('invoice', 'inv'),
    bound: { customer: { by: 'answer', field: 'customer_id' } },
    handle: readReminderPdf,
    answer: { status: 200, description: 'The PDF.', types: ['application/pdf'] },
  },
  {
    method: 'POST', path: '/v1/invoices/{id}/credit-notes', operationId: 'createCreditNote', tag: 'Invoicing', scope: 'invoices:write', effect: 'write',
    summary: 'Credit an invoice', description: 'In whole or by line. The invoice itself never changes.',
    params: { id: { ...idParam('invoice', 'inv').id, field: 'invoice_id' } },
    body: { kind: 'json', schema: creditNoteBody, example: { reason: 'Charged twice', lines: [{ number: 1, net: '25.00' }] } },
    asks: asks.createCreditNote,
    answer: { status: 201, description: 'The credit note.', message: invoicingV1.InvoiceSchema },
    location: (json) => `/v1/invoices/${String(json['id'])}`,
  },
];
