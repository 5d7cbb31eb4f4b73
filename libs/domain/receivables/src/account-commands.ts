import { normalisePaymentReference } from '@tollkeeper/invoicing';
import { Problem } from '@tollkeeper/kernel';
import { Decimal, decimalFault, minDecimal, minorUnitDigits, parseDecimal } from '@tollkeeper/money';
import { applyEvent, type CustomerAccountState, type OpenItem } from './customer-account.js';
import type { DueStep } from './dunning.js';
import { postingsFor, type Posting } from './ledger.js';
import type { Allocation, DocumentAmounts, PaymentSource, ReceivablesEvent } from './receivables-event.js';

/** What a command makes of an account: the event and postings to append, the state after it, and what to tell devices. */
export interface Booking {
  readonly event: ReceivablesEvent;
  readonly postings: readonly Posting[];
  readonly state: CustomerAccountState;
  /** Set when the customer's devices are to be blocked or unblocked because of this event. */
  readonly devices?: 'block' | 'unblock';
}

export interface BookableInvoice {
  readonly id: string;
  readonly number: string;
  readonly currency: string;
  readonly paymentReference: string;
  readonly dueOn: string;
  readonly totals: DocumentAmounts;
}

/** Books an issued invoice. Credit that the customer has pays it first; a negative total settles the oldest items. */
export function bookInvoice(state: CustomerAccountState, invoice: BookableInvoice): Booking {
  assertCurrency(state, invoice.currency);
  const { net, tax, rounding, total } = invoice.totals;
  const sum = parseDecimal(total);
  if (sum.sign() < 0) {
    const { allocations, rest } = allocate(state.openItems, sum.negated(), () => false);
    return book(state, { kind: 'credited', creditNoteId: invoice.id, number: invoice.number, net, tax, rounding, total, allocations, toCredit: rest });
  }
  const fromCredit = minDecimal(sum, parseDecimal(state.credit)).toString();
  const { id: invoiceId, number, paymentReference: reference, dueOn } = invoice;
  return book(state, { kind: 'invoiced', invoiceId, number, reference, dueOn, net, tax, rounding, total, fromCredit });
}

export interface BookableCreditNote {
  readonly id: string;
  readonly number: string;
  readonly currency: string;
  /** Negative, as on the credit note. */
  readonly totals: DocumentAmounts;
  readonly credits?: { readonly id: string };
}

/** Books a credit note: on its own invoice first, then on the oldest open items; the rest is credit of the customer. */
export function bookCreditNote(state: CustomerAccountState, note: BookableCreditNote): Booking {
  assertCurrency(state, note.currency);
  const { net, tax, rounding, total } = note.totals;
  const invoiceId = note.credits?.id;
  const { allocations, rest } = allocate(state.openItems, parseDecimal(total).negated(), (item) => item.invoiceId === invoiceId);
  return book(state, { kind: 'credited', creditNoteId: note.id, number: note.number, invoiceId, net, tax, rounding, total, allocations, toCredit: rest });
}

export interface BookablePayment {
  readonly id: string;
  readonly amount: string;
  readonly currency: string;
  /** As the payer gave it. */
  readonly references?: readonly string[];
  /** Named by a person, instead of a reference. */
  readonly invoiceId?: string;
}

/** Books a payment: on the items it names, then on the oldest, and what is left becomes visible credit. */
export function bookPayment(state: CustomerAccountState, payment: BookablePayment, source: PaymentSource = 'bank'): Booking {
  assertCurrency(state, payment.currency);
  const amount = positive(payment.amount, payment.currency);
  const named = new Set((payment.references ?? []).map(normalisePaymentReference));
  const isNamed = (item: OpenItem) =>
    payment.invoiceId === undefined ? item.reference !== '' && named.has(normalisePaymentReference(item.reference)) : item.invoiceId === payment.invoiceId;
  const { allocations, rest } = allocate(state.openItems, amount, isNamed);
  return book(state, { kind: 'paid', paymentId: payment.id, source, amount: amount.toString(), allocations, toCredit: rest });
}

/** A bank took a payment back: first what credit there is, the rest is owed again and due at once. */
export function reversePayment(state: CustomerAccountState, payment: BookablePayment, bookedOn: string): Booking {
  assertCurrency(state, payment.currency);
  const amount = positive(payment.amount, payment.currency);
  const fromCredit = minDecimal(amount, parseDecimal(state.credit)).toString();
  return book(state, { kind: 'payment_reversed', paymentId: payment.id, amount: amount.toString(), fromCredit, dueOn: bookedOn });
}

/** Pays credit out to the customer. @throws Problem `unprocessable` when there is less. */
export function refundCredit(state: CustomerAccountState, refundId: string, amount: string): Booking {
  const wanted = positive(amount, state.currency);
  if (wanted.compare(parseDecimal(state.credit)) > 0) {
    throw new Problem('unprocessable', `The customer has ${state.credit} ${state.currency} of credit, not ${amount}.`, { param: 'amount' });
  }
  return book(state, { kind: 'refunded', refundId, amount: wanted.toString() });
}

/** Gives up what is open on an invoice, or part of it. @throws Problem `unprocessable` when there is less open. */
export function writeOff(state: CustomerAccountState, invoiceId: string, amount?: string): Booking {
  const item = itemOf(state, invoiceId);
  const wanted = amount === undefined ? parseDecimal(item.open) : positive(amount, state.currency);
  if (wanted.compare(parseDecimal(item.open)) > 0) {
    throw new Problem('unprocessable', `${item.number} has ${item.open} ${state.currency} open, not ${amount}.`, { param: 'amount' });
  }
  return book(state, { kind: 'written_off', invoiceId, number: item.number, amount: wanted.toString() });
}

/** Books a dunning step that `dueSteps` named: its fee, and the block when it is one. */
export function takeDunningStep(state: CustomerAccountState, due: DueStep): Booking {
  const item = itemOf(state, due.invoiceId);
  if (item.step !== due.step - 1) {
    throw new Problem('conflict', `${item.number} is at dunning step ${item.step}; step ${due.step} is not its next.`);
  }
  const { invoiceId, step, action, fee } = due;
  return book(state, { kind: 'dunned', invoiceId, number: item.number, step, action, fee });
}

/** The entry that keeps a payment of nobody on the suspense account, until `bookPayment(…, 'suspense')` assigns it. */
export function holdUnmatched(payment: BookablePayment): { readonly event: ReceivablesEvent; readonly postings: readonly Posting[] } {
  const amount = positive(payment.amount, payment.currency).toString();
  const event: ReceivablesEvent = { kind: 'unmatched', paymentId: payment.id, amount };
  return { event, postings: postingsFor(event, payment.currency) };
}

function book(before: CustomerAccountState, event: ReceivablesEvent): Booking {
  const state = applyEvent(before, event);
  const devices = state.blocked === before.blocked ? undefined : state.blocked ? 'block' : 'unblock';
  return { event, postings: postingsFor(event, before.currency), state, devices };
}

/** Named items first, then by due date; among equals in the order in which they were booked. */
function allocate(
  items: readonly OpenItem[],
  amount: Decimal,
  isNamed: (item: OpenItem) => boolean,
): { readonly allocations: readonly Allocation[]; readonly rest: string } {
  const order = [...items].sort((a, b) => Number(isNamed(b)) - Number(isNamed(a)) || (a.dueOn < b.dueOn ? -1 : a.dueOn > b.dueOn ? 1 : 0));
  const allocations: Allocation[] = [];
  let left = amount;
  for (const { invoiceId, number, open } of order) {
    const part = minDecimal(left, parseDecimal(open));
    if (part.isZero()) continue;
    allocations.push({ invoiceId, number, amount: part.toString() });
    left = left.minus(part);
  }
  return { allocations, rest: left.toString() };
}

function itemOf(state: CustomerAccountState, invoiceId: string): OpenItem {
  const item = state.openItems.find((candidate) => candidate.invoiceId === invoiceId);
  if (!item) throw new Problem('unprocessable', `Nothing is open on invoice ${invoiceId}.`, { param: 'invoice_id' });
  return item;
}

function positive(text: string, currency: string): Decimal {
  const amount = decimalFault(text) === undefined ? parseDecimal(text) : Decimal.zero;
  if (amount.sign() <= 0 || amount.fractionDigits() > minorUnitDigits(currency)) {
    throw new Problem('unprocessable', `“${text}” is not an amount above zero in whole minor units of ${currency}.`, { param: 'amount' });
  }
  return amount;
}

function assertCurrency(state: CustomerAccountState, currency: string): void {
  if (state.currency !== currency) {
    throw new Problem('unprocessable', `The account is kept in ${state.currency}, not in ${currency}.`, { param: 'currency' });
  }
}
