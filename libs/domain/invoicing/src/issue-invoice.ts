import { Problem } from '@tollkeeper/kernel';
import { decimalFault, isCurrency, minorUnitDigits } from '@tollkeeper/money';
import { isDate, type BillingEntity, type Customer } from '@tollkeeper/tenancy';
import { fromAccountLine, fromFeeLine, inPrintingOrder, type DraftLine, type LineRules } from './invoice-lines.js';
import { groupLines, invoiceTotals, taxSubtotals, usageStatement } from './invoice-totals.js';
import type { AccountLine, FeeLine, Invoice, InvoiceLine, InvoiceParty, Period } from './invoice.js';
import { makePaymentReference } from './payment-reference.js';
import { taxTreatment, treatmentNotes } from './vat/tax-treatment.js';
import { vatTables, type VatTable } from './vat/vat-rates.js';

const dayMs = 86_400_000;

export interface InvoiceRequest {
  readonly id: string;
  /** The next of the entity's gapless series; a preview passes a text such as `PREVIEW-0`. */
  readonly number: string;
  /** `yyyy-mm-dd`, in the billing entity's calendar. */
  readonly issuedOn: string;
  readonly seller: BillingEntity;
  readonly buyer: Customer;
  readonly lines: readonly AccountLine[];
  readonly fees: readonly FeeLine[];
  /** The payable total is brought to a multiple of this, for example `1`. */
  readonly payableStep?: string;
  readonly vatTables?: readonly VatTable[];
  /** Instead of the reference made from the number. */
  readonly paymentReference?: string;
}

/**
 * The invoice over closed account lines and fees: each line's net rounded to the minor unit once, the tax once per rate,
 * and total = lines + tax + rounding (G7). Pure: the same request gives the same invoice.
 * @throws Problem `unprocessable` naming the line that cannot be invoiced.
 */
export function issueInvoice(request: InvoiceRequest): Invoice {
  const { seller, buyer } = request;
  assertRequest(request);
  const treatment = taxTreatment(
    { country: seller.address.country },
    { country: buyer.address.country, business: buyer.business, vatNumber: buyer.vatNumber },
  );
  const rules: LineRules = {
    sellerCountry: seller.address.country,
    treatment,
    minorDigits: minorUnitDigits(seller.currency),
    rounding: seller.rounding,
    vatTables: request.vatTables ?? vatTables,
  };
  const drafts = [
    ...request.lines.map((line) => fromAccountLine(line, rules)),
    ...request.fees.map((fee) => fromFeeLine(fee, rules)),
  ];
  const lines = numbered(inPrintingOrder(drafts));
  const totalRules = { ...rules, payableStep: request.payableStep };
  const taxes = taxSubtotals(lines, totalRules);
  const termDays = buyer.paymentTermsDays ?? seller.paymentTermsDays;
  return {
    id: request.id,
    kind: 'invoice',
    number: request.number,
    issuedOn: request.issuedOn,
    dueOn: addDays(request.issuedOn, termDays),
    currency: seller.currency,
    language: buyer.language ?? seller.language,
    brandId: buyer.brandId,
    seller: sellerParty(seller),
    buyer: { ...buyerParty(buyer), business: buyer.business },
    period: spanOf(lines),
    lines,
    groups: groupLines(lines, rules.minorDigits),
    taxes,
    taxTreatment: treatment,
    taxNote: treatmentNotes[treatment],
    rounding: seller.rounding,
    totals: invoiceTotals(lines, taxes, totalRules),
    paymentTermsDays: termDays,
    paymentReference: request.paymentReference ?? makePaymentReference(seller.referenceKind, request.number),
    paymentDetails: seller.paymentDetails,
    usage: usageStatement(lines),
  };
}

/** `date` and the result are `yyyy-mm-dd`. */
export function addDays(date: string, days: number): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

export function numbered(drafts: readonly DraftLine[]): readonly InvoiceLine[] {
  return drafts.map((draft, index) => ({ ...draft, number: index + 1 }));
}

function assertRequest(request: InvoiceRequest): void {
  if (!isDate(request.issuedOn))
    throw new Problem('unprocessable', `The date of issue “${request.issuedOn}” is not a day yyyy-mm-dd.`);
  if (!isCurrency(request.seller.currency))
    throw new Problem('unprocessable', `The billing entity’s currency “${request.seller.currency}” is not one.`);
  if (request.lines.length + request.fees.length === 0)
    throw new Problem('unprocessable', 'There is nothing to invoice: no lines and no fees.');
  request.lines.forEach((line, i) => assertLine(line, `lines[${i}]`));
  request.fees.forEach((fee, i) => assertLine(fee, `fees[${i}]`));
}

function assertLine(line: AccountLine | FeeLine, at: string): void {
  for (const member of ['quantity', 'amount'] as const) {
    const fault = decimalFault(line[member]);
    if (fault)
      throw new Problem('unprocessable', `${at}.${member} “${line[member]}” is not a decimal (${fault}).`, {
        param: `${at}.${member}`,
      });
  }
  const start = Date.parse(line.period.start);
  const end = Date.parse(line.period.end);
  if (!(start < end)) {
    throw new Problem('unprocessable', `${at}.period from ${line.period.start} to ${line.period.end} is not a period.`, {
      param: `${at}.period`,
    });
  }
}

function sellerParty(seller: BillingEntity): InvoiceParty {
  const { id, legalName: name, registrationNumber, vatNumber, address, email } = seller;
  return { id, name, registrationNumber, vatNumber, address, email };
}

function buyerParty(buyer: Customer): InvoiceParty {
  const { id, name, registrationNumber, vatNumber, address, email } = buyer;
  return { id, name, registrationNumber, vatNumber, address, email };
}

/** Adjustments lie in earlier periods and do not stretch the invoice's own, unless there is nothing else. */
function spanOf(lines: readonly InvoiceLine[]): Period {
  const own = lines.filter((line) => !line.adjustment);
  const counted = own.length > 0 ? own : lines;
  let { start, end } = counted[0]?.period ?? { start: '', end: '' };
  for (const { period } of counted) {
    if (Date.parse(period.start) < Date.parse(start)) start = period.start;
    if (Date.parse(period.end) > Date.parse(end)) end = period.end;
  }
  return { start, end };
}
