import { create } from '@bufbuild/protobuf';
import { invoicingV1, type ratingV1 } from '@tollkeeper/contracts';
import type { AccountLine, DepartmentName, FeeLine, Invoice, InvoiceLine, InvoiceParty, TaxSubtotal } from '@tollkeeper/invoicing';
import type { BuyerDocument, InvoiceDocument } from './views.js';

/** Charge lines of closed accounts → what an invoice is made of. Device fees are fees, everything else is usage. */
export function fromChargeLines(
  lines: readonly ratingV1.ChargeLine[],
  departments: ReadonlyMap<string, string>,
): { readonly usage: readonly AccountLine[]; readonly fees: readonly FeeLine[] } {
  const usage: AccountLine[] = [];
  const fees: FeeLine[] = [];
  for (const line of lines) {
    const base = {
      device: line.device,
      department: departmentOf(line.department, departments),
      description: line.description || line.meter || line.fee,
      period: { start: line.periodStart, end: line.periodEnd },
      quantity: line.quantity,
      unit: line.unit,
      amount: line.amount,
      taxIncluded: line.taxInclusive,
      priceDescription: line.priceText || undefined,
    };
    if (line.fee) fees.push({ ...base, feeId: line.fee, unit: line.unit || 'period' });
    else usage.push({ ...base, meter: line.meter, product: line.product || undefined, adjustment: line.adjustment, events: line.events });
  }
  return { usage, fees };
}

function departmentOf(code: string, names: ReadonlyMap<string, string>): DepartmentName | undefined {
  return code === '' ? undefined : { id: code, name: names.get(code) ?? code };
}

/** The invoice as services tell each other; the buyer only where the record still holds it. */
export function toInvoiceMessage(document: InvoiceDocument, buyer?: BuyerDocument['buyer']): invoicingV1.Invoice {
  const { invoice } = document;
  return create(invoicingV1.InvoiceSchema, {
    id: invoice.id,
    kind: invoice.kind,
    number: invoice.number,
    billingEntityId: document.entity,
    brandId: invoice.brandId,
    customerId: document.customer,
    currency: invoice.currency,
    issuedAt: document.issuedAt,
    issueDate: invoice.issuedOn,
    dueDate: invoice.dueOn,
    periodStart: invoice.period.start,
    periodEnd: invoice.period.end,
    reference: invoice.paymentReference,
    lines: invoice.lines.map(toLineMessage),
    vat: invoice.taxes.map((tax) => toVatMessage(tax, invoice)),
    net: invoice.totals.net,
    tax: invoice.totals.tax,
    rounding: invoice.totals.rounding,
    total: invoice.totals.total,
    correctsNumber: invoice.credits?.number,
    correctsId: invoice.credits?.id,
    reason: invoice.reason,
    seller: toPartyMessage(invoice.seller),
    buyer: buyer && toPartyMessage(buyer),
    billRunId: document.billRun,
    closed: document.closed.map(({ device, n, hash }) => ({ device, n, hash })),
    language: invoice.language,
    chain: document.chain,
    n: document.version,
    hash: document.hash,
    iban: invoice.paymentDetails.iban,
    bankgiro: invoice.paymentDetails.bankgiro,
    bic: invoice.paymentDetails.bic,
  });
}

function toLineMessage(line: InvoiceLine) {
  return {
    number: line.number,
    department: line.department?.id,
    departmentName: line.department?.name,
    device: line.device,
    meter: line.meter,
    fee: line.feeId,
    product: line.product,
    description: line.description,
    periodStart: line.period.start,
    periodEnd: line.period.end,
    quantity: line.quantity,
    unit: line.unit,
    priceText: line.priceDescription,
    net: line.net,
    exact: line.exact,
    vatRate: line.taxRate,
    adjustment: line.adjustment,
    events: line.events,
    corrects: line.original,
  };
}

function toVatMessage(tax: TaxSubtotal, invoice: Pick<Invoice, 'taxTreatment' | 'taxNote'>) {
  const category = invoice.taxTreatment === 'domestic' ? tax.taxCategory : invoice.taxTreatment;
  return { rate: tax.rate, net: tax.net, vat: tax.tax, category, note: invoice.taxNote };
}

function toPartyMessage(party: InvoiceParty) {
  const { lines, postalCode, city, country } = party.address;
  return {
    id: party.id,
    name: party.name,
    vatNumber: party.vatNumber,
    registrationNumber: party.registrationNumber,
    address: { line1: lines[0], line2: lines[1], postalCode, city, country },
  };
}
