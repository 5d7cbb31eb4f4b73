import type { DescMessage, DescMethodUnary, JsonObject, MessageShape } from '@bufbuild/protobuf';
import { commissionsV1, invoicingV1, receivablesV1 } from '@tollkeeper/contracts';
import { notFound } from '../http/problem-document.js';
import type { Answer, Call } from '../http/route.js';
import { toPublicJson } from '../messages/message-json.mapping.js';
import { ownId } from '../security/authorize.js';

const pdf = 'application/pdf';

/** Media type → the word by which the commissions service knows it. */
const statementFormats: Readonly<Record<string, string>> = { 'text/csv': 'csv', [pdf]: 'pdf' };

export const statementTypes = ['application/json', 'text/csv', pdf];
export const invoiceTypes = ['application/json', pdf];

/** GET /v1/invoices/{id}: JSON, or the PDF when Accept prefers it. */
export async function readInvoice(call: Call): Promise<Answer> {
  const json = await owned(call, invoicingV1.InvoicingService.method.getInvoice, 'customer_id');
  return call.mediaType === pdf ? renderedInvoice(call) : { body: json };
}

/** GET /v1/invoices/{id}/pdf. */
export async function readInvoicePdf(call: Call): Promise<Answer> {
  if (ownId('customer', call.principal) !== '') await owned(call, invoicingV1.InvoicingService.method.getInvoice, 'customer_id');
  return renderedInvoice(call);
}

async function renderedInvoice(call: Call): Promise<Answer> {
  return file(await call.ask(invoicingV1.InvoicingService.method.renderInvoice, { id: idOf(call) }));
}

/** GET /v1/invoices/{id}/reminder/pdf. */
export async function readReminderPdf(call: Call): Promise<Answer> {
  if (ownId('customer', call.principal) !== '') await owned(call, invoicingV1.InvoicingService.method.getInvoice, 'customer_id');
  return file(await call.ask(receivablesV1.ReceivablesService.method.renderReminder, { id: idOf(call) }));
}

/** GET /v1/statements/{id}: JSON, CSV or PDF by Accept. */
export async function readStatement(call: Call): Promise<Answer> {
  const json = await owned(call, commissionsV1.CommissionsService.method.getStatement, 'partner_id');
  const format = statementFormats[call.mediaType];
  return format === undefined ? { body: json } : renderedStatement(call, format);
}

/** GET /v1/statements/{id}/pdf and /csv. */
export function readStatementAs(format: 'csv' | 'pdf'): (call: Call) => Promise<Answer> {
  return async (call) => {
    if (ownId('partner', call.principal) !== '') await owned(call, commissionsV1.CommissionsService.method.getStatement, 'partner_id');
    return renderedStatement(call, format);
  };
}

async function renderedStatement(call: Call, format: string): Promise<Answer> {
  return file(await call.ask(commissionsV1.CommissionsService.method.renderStatement, { id: idOf(call), format }));
}

/** The thing itself, when it is the tenant's and, for a bound key, its own. */
async function owned<I extends DescMessage, O extends DescMessage>(
  call: Call,
  method: DescMethodUnary<I, O>,
  field: 'customer_id' | 'partner_id',
): Promise<JsonObject> {
  const json = toPublicJson(method.output, await call.ask(method, { id: idOf(call) }));
  const own = ownId(field === 'customer_id' ? 'customer' : 'partner', call.principal);
  if (own !== '' && json[field] !== own) throw notFound();
  return json;
}

function idOf(call: Call): string {
  return call.params['id'] ?? '';
}

/** Names are made by services from numbers of documents; what a header cannot carry is left out all the same. */
function file({ fileName, contentType, content }: MessageShape<typeof invoicingV1.RenderingSchema>): Answer {
  const name = fileName.replace(/[^\w.() -]/g, '_');
  return { contentType, headers: { 'content-disposition': `inline; filename="${name}"` }, body: content };
}
