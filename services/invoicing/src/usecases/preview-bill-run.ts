import { create } from '@bufbuild/protobuf';
import { invoicingV1, tenantV1 } from '@tollkeeper/contracts';
import { issueInvoice } from '@tollkeeper/invoicing';
import { derivedId, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { type Decimal, parseDecimal, sumDecimals } from '@tollkeeper/money';
import { type BillRunOrder, keptFailures } from './bill-run.state.js';
import { closeAccounts } from './gather-charges.js';
import { dayIn } from './issue-document.js';
import { toInvoiceMessage } from '../store/invoice.mapping.js';
import { previewRecurringFees } from './recurring-fees.js';
import { billableParties, type BillRunPorts, type BillRuns } from './run-bill-run.js';

/** Invoices shown in a preview; the sums are over all. */
const shownInvoices = 100;

/** What a bill run would issue, customer by customer; nothing is written. */
export async function previewBillRun(
  ports: BillRunPorts,
  runs: BillRuns,
  tenantId: string,
  order: BillRunOrder,
  times: { readonly until: Instant; readonly now: Instant },
): Promise<invoicingV1.BillRun> {
  const invoices: invoicingV1.Invoice[] = [];
  const sums = { customers: 0, invoices: 0, held: 0, net: [] as Decimal[], tax: [] as Decimal[], total: [] as Decimal[] };
  const failures: { customerId: string; detail: string }[] = [];
  for await (const customerId of runs.customers(tenantId, order, '')) {
    sums.customers++;
    try {
      const preview = await previewCustomer(ports, tenantId, customerId, order, times);
      sums.held += preview.held;
      if (!preview.invoice) continue;
      sums.invoices++;
      sums.net.push(parseDecimal(preview.invoice.net));
      sums.tax.push(parseDecimal(preview.invoice.tax));
      sums.total.push(parseDecimal(preview.invoice.total));
      if (invoices.length < shownInvoices) invoices.push(preview.invoice);
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500) throw error;
      if (failures.length < keptFailures) failures.push({ customerId, detail: error.detail });
    }
  }
  return create(invoicingV1.BillRunSchema, {
    billingEntityId: order.billingEntityId,
    until: order.until,
    status: 'preview',
    customers: sums.customers,
    customersDone: sums.customers,
    invoices: sums.invoices,
    held: sums.held,
    net: sumDecimals(sums.net).toString(),
    tax: sumDecimals(sums.tax).toString(),
    total: sumDecimals(sums.total).toString(),
    currency: order.currency,
    createdAt: toRfc3339(times.now),
    preview: invoices,
    failures,
  });
}

async function previewCustomer(
  ports: BillRunPorts,
  tenantId: string,
  customerId: string,
  order: BillRunOrder,
  { until, now }: { readonly until: Instant; readonly now: Instant },
): Promise<{ readonly invoice: invoicingV1.Invoice | undefined; readonly held: number }> {
  const parties = await billableParties(ports.client, tenantId, customerId, order.billingEntityId);
  const cause = `preview:${customerId}`;
  const charges = await closeAccounts(ports.client, { tenantId, cause, until: order.until, all: order.all, preview: true }, parties);
  const contractFees = await Promise.all(parties.contracts.map((contract) => previewRecurringFees(ports.writer, tenantId, contract, until)));
  const fees = [...charges.fees, ...contractFees.flat()];
  if (charges.usage.length + fees.length === 0) return { invoice: undefined, held: charges.held };
  const { buyer, ...invoice } = issueInvoice({
    id: derivedId('invoice', tenantId, cause),
    number: '0',
    issuedOn: dayIn(parties.timeZone, now),
    seller: parties.seller,
    buyer: parties.buyer,
    lines: charges.usage,
    fees,
  });
  const document = {
    id: invoice.id,
    version: 0,
    tenant: tenantId,
    customer: customerId,
    entity: parties.seller.id,
    number: '',
    invoice: { ...invoice, number: '', paymentReference: '' },
    closed: [],
    chain: '',
    hash: '',
    issuedAt: '',
  };
  return { invoice: { ...toInvoiceMessage(document, buyer), id: '' }, held: charges.held };
}

/** The order of a bill run, with what it leaves open filled in; the entity must be the tenant's. */
export async function orderOf(
  ports: BillRunPorts,
  request: invoicingV1.StartBillRunRequest,
  times: { readonly until: Instant; readonly now: Instant },
): Promise<BillRunOrder> {
  const entity = await ports.client.call(tenantV1.TenantService.method.getBillingEntity, { tenantId: request.tenantId, id: request.billingEntityId });
  if (times.until > times.now) {
    throw new Problem('unprocessable', `until ${toRfc3339(times.until)} lies ahead of the present ${toRfc3339(times.now)}; periods are closed only after they ended.`, {
      param: 'until',
    });
  }
  return {
    billingEntityId: entity.id,
    currency: entity.currency,
    until: toRfc3339(times.until),
    customerIds: [...new Set(request.customerIds)],
    all: request.all,
    issuedAt: toRfc3339(times.now),
  };
}
