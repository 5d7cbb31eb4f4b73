import { Decimal, minDecimal, parseDecimal } from '@tollkeeper/money';
import { type Agreement, agreementOn, rateFor } from './agreement.js';

const hundred = Decimal.fromInteger(100);

/** An invoice line of a device that a partner brought. */
export interface SharedLine {
  readonly number: number;
  readonly partnerId: string;
  readonly device: string;
  readonly meter?: string;
  readonly fee?: string;
  /** Net as invoiced, rounded to the minor unit. */
  readonly net: string;
}

/**
 * What partners share of one invoice: fixed when it is issued, then moved by payments and credit notes. Everything is
 * cumulative, so that parts add up to the whole whatever their number and order (the same thought as in rating).
 */
export interface InvoiceShare {
  readonly currency: string;
  readonly invoiceNumber: string;
  /** Total with tax, and what payments and credit notes took of it. */
  readonly total: string;
  readonly paid: string;
  readonly credited: string;
  readonly lines: readonly ShareLine[];
}

export interface ShareLine {
  readonly number: number;
  readonly partnerId: string;
  readonly agreementId: string;
  readonly basis: 'invoiced' | 'paid';
  readonly device: string;
  readonly meter: string;
  readonly percentage: string;
  /** Net left after credit notes. */
  readonly net: string;
  /** Commission given so far, exact. */
  readonly earned: string;
}

/** One movement on a partner's account, traceable to the line of the invoice. Negative when it is taken back. */
export interface CommissionLine {
  readonly partnerId: string;
  readonly agreementId: string;
  readonly invoiceLine: number;
  readonly device: string;
  readonly meter: string;
  /** The net that the amount is a percentage of: what this movement adds to it. */
  readonly base: string;
  readonly percentage: string;
  /** Exact; rounded only on the statement. */
  readonly amount: string;
}

export interface ShareStep {
  readonly share: InvoiceShare;
  readonly moved: readonly CommissionLine[];
}

export interface IssuedInvoice {
  readonly number: string;
  readonly issuedOn: string;
  readonly currency: string;
  readonly total: string;
  readonly lines: readonly SharedLine[];
}

/** The shares that an invoice begins with, and what is earned at once under agreements on invoiced revenue. */
export function shareInvoice(invoice: IssuedInvoice, agreements: readonly Agreement[]): ShareStep {
  const lines = invoice.lines.flatMap((line): ShareLine[] => {
    const agreement = agreementOn(agreements, line.partnerId, invoice.currency, invoice.issuedOn);
    const percentage = agreement && rateFor(agreement, line);
    if (!agreement || percentage === undefined) return [];
    const { number, partnerId, device, net } = line;
    const meter = line.fee ? `fee:${line.fee}` : (line.meter ?? '');
    return [{ number, partnerId, agreementId: agreement.id, basis: agreement.basis, device, meter, percentage, net, earned: '0' }];
  });
  return settle({ currency: invoice.currency, invoiceNumber: invoice.number, total: invoice.total, paid: '0', credited: '0', lines });
}

/** A payment allocated to the invoice; a negative amount is one taken back. */
export function sharePayment(share: InvoiceShare, amount: string): ShareStep {
  return settle({ ...share, paid: plus(share.paid, amount) });
}

/** A credit note: `total` with tax and the nets by line, all positive for what is taken back. */
export function shareCredit(share: InvoiceShare, credit: { readonly total: string; readonly lines: ReadonlyMap<number, string> }): ShareStep {
  const lines = share.lines.map((line) => {
    const back = credit.lines.get(line.number);
    return back === undefined ? line : { ...line, net: parseDecimal(line.net).minus(parseDecimal(back)).toString() };
  });
  return settle({ ...share, credited: plus(share.credited, credit.total), lines });
}

/** Brings every line to what is due now and tells the differences. */
function settle(share: InvoiceShare): ShareStep {
  const left = parseDecimal(share.total).minus(parseDecimal(share.credited));
  const paid = parseDecimal(share.paid);
  const moved: CommissionLine[] = [];
  const lines = share.lines.map((line): ShareLine => {
    const rate = parseDecimal(line.percentage).dividedBy(hundred);
    const base = line.basis === 'invoiced' ? parseDecimal(line.net) : paidPart(parseDecimal(line.net), paid, left);
    const due = base.times(rate);
    const amount = due.minus(parseDecimal(line.earned));
    if (amount.isZero()) return line;
    const { partnerId, agreementId, device, meter, percentage } = line;
    moved.push({
      partnerId,
      agreementId,
      invoiceLine: line.number,
      device,
      meter,
      base: rate.isZero() ? '0' : amount.dividedBy(rate).rounded(12).toString(),
      percentage,
      amount: amount.toString(),
    });
    return { ...line, earned: due.toString() };
  });
  return { share: { ...share, lines }, moved };
}

/** The part of a net that the payments cover; never more than all of it, and all of it exactly when nothing is open. */
function paidPart(net: Decimal, paid: Decimal, left: Decimal): Decimal {
  if (left.sign() <= 0) return Decimal.zero;
  const covered = minDecimal(paid, left);
  if (covered.equals(left)) return net;
  return net.times(covered).dividedBy(left).rounded(12);
}

function plus(a: string, b: string): string {
  return parseDecimal(a).plus(parseDecimal(b)).toString();
}
