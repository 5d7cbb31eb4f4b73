import { Problem } from '@tollkeeper/kernel';
import { type Decimal, minDecimal, parseDecimal, sumDecimals } from '@tollkeeper/money';
import { journal, type Ledger, type LedgerAccount, type Posting, withPostings } from './ledger.js';

/** An invoice that is not settled. Amounts are decimal strings of the account's currency. */
export interface OpenItem {
  readonly invoiceId: string;
  readonly number: string;
  /** What the customer pays with: OCR or RF. */
  readonly reference: string;
  /** `yyyy-mm-dd` */
  readonly dueDate: string;
  readonly total: string;
  /** Reminder fees put on top. */
  readonly fees: string;
  readonly open: string;
  /** Dunning steps taken. */
  readonly step: number;
  /** `yyyy-mm-dd` of the last one; absent before the first. */
  readonly steppedOn?: string;
  /** True once its devices were blocked for it. */
  readonly blocking: boolean;
}

/** The folded state of a customer's account; settled items leave it, so that it stays as small as what is open. */
export interface CustomerAccountState {
  readonly items: readonly OpenItem[];
  /** Paid too much and not used yet. */
  readonly credit: string;
  readonly ledger: Ledger;
  /** Invoices for which devices are blocked at present. */
  readonly blockedFor: readonly string[];
}

export const emptyCustomerAccount: CustomerAccountState = { items: [], credit: '0', ledger: {}, blockedFor: [] };

/** Money put on an invoice. */
export interface Allocation {
  readonly invoiceId: string;
  readonly number: string;
  readonly amount: string;
}

/** What a booking did: the journal entry, where money went, and invoices whose devices may be opened again. */
export interface Booking {
  readonly state: CustomerAccountState;
  readonly postings: readonly Posting[];
  readonly allocations: readonly Allocation[];
  readonly unblockedFor: readonly string[];
}

export interface InvoiceToBook {
  readonly invoiceId: string;
  readonly number: string;
  readonly reference: string;
  readonly dueDate: string;
  readonly net: string;
  readonly tax: string;
  readonly rounding: string;
  readonly total: string;
}

/** An issued invoice becomes an open item; credit that the customer has pays it at once. */
export function bookInvoice(state: CustomerAccountState, invoice: InvoiceToBook): Booking {
  const { invoiceId, number, reference, dueDate, total } = invoice;
  const amount = parseDecimal(total);
  const sides = invoiceSides(invoice);
  if (amount.sign() <= 0) return finish({ ...state, credit: plus(state.credit, amount.negated()) }, [...sides, ['receivable', amount.negated()], ['credit', amount]], [], state);
  const item: OpenItem = { invoiceId, number, reference, dueDate, total, fees: '0', open: amount.toString(), step: 0, blocking: false };
  const used = minDecimal(parseDecimal(state.credit), amount);
  const allocated = allocate([...state.items, item], used, [invoiceId], 'only');
  return finish(
    { ...state, items: allocated.items, credit: plus(state.credit, used.negated()) },
    [...sides, ['credit', used], ['receivable', used.negated()]],
    allocated.allocations,
    state,
  );
}

/** A credit note lowers what is open of its invoice; what had been paid already becomes credit of the customer. Amounts are negative, as issued. */
export function bookCreditNote(state: CustomerAccountState, note: Omit<InvoiceToBook, 'reference' | 'dueDate'> & { readonly correctsId: string }): Booking {
  const amount = parseDecimal(note.total).negated();
  const allocated = allocate(state.items, amount, [note.correctsId], 'only');
  const rest = amount.minus(sumOf(allocated.allocations));
  return finish(
    { ...state, items: allocated.items, credit: plus(state.credit, rest) },
    [...invoiceSides(note), ['receivable', rest], ['credit', rest.negated()]],
    [],
    state,
  );
}

export interface PaymentToBook {
  readonly amount: string;
  /** Invoices that the payer named; the rest goes to the oldest. */
  readonly invoiceIds: readonly string[];
  /** Where the money comes from: the bank, or suspense once its payer is known. */
  readonly from: 'bank' | 'suspense';
}

/** A payment pays what it names first, then the oldest due; what is left over is credit of the customer. */
export function bookPayment(state: CustomerAccountState, payment: PaymentToBook): Booking {
  const amount = parseDecimal(payment.amount);
  if (amount.sign() <= 0) throw new Problem('unprocessable', `A payment is above zero, not ${payment.amount}.`, { param: 'amount' });
  const allocated = allocate(state.items, amount, payment.invoiceIds, 'oldest');
  const used = sumOf(allocated.allocations);
  const rest = amount.minus(used);
  return finish(
    { ...state, items: allocated.items, credit: plus(state.credit, rest) },
    [
      [payment.from, amount],
      ['receivable', used.negated()],
      ['credit', rest.negated()],
    ],
    allocated.allocations,
    state,
  );
}

/** Gives up what is open of an invoice. */
export function writeOff(state: CustomerAccountState, invoiceId: string): Booking {
  const item = itemOf(state, invoiceId);
  const open = parseDecimal(item.open);
  return finish(
    { ...state, items: state.items.filter((one) => one !== item) },
    [
      ['write_off', open],
      ['receivable', open.negated()],
    ],
    [],
    state,
  );
}

export interface StepToBook {
  readonly invoiceId: string;
  readonly action: 'reminder' | 'block';
  /** Decimal string, `0` for none. */
  readonly fee: string;
  /** `yyyy-mm-dd` */
  readonly today: string;
}

/** Takes a dunning step: its fee comes on top of the invoice, and a block is remembered until the invoice is settled. */
export function bookDunningStep(state: CustomerAccountState, step: StepToBook): Booking {
  const item = itemOf(state, step.invoiceId);
  const fee = parseDecimal(step.fee);
  const blocking = item.blocking || step.action === 'block';
  const stepped: OpenItem = { ...item, step: item.step + 1, steppedOn: step.today, fees: plus(item.fees, fee), open: plus(item.open, fee), blocking };
  const blockedFor = step.action === 'block' && !state.blockedFor.includes(item.invoiceId) ? [...state.blockedFor, item.invoiceId] : state.blockedFor;
  return finish(
    { ...state, items: state.items.map((one) => (one === item ? stepped : one)), blockedFor },
    [
      ['receivable', fee],
      ['fees', fee.negated()],
    ],
    [],
    state,
  );
}

export interface AccountSums {
  /** What the customer owes; negative when we owe. */
  readonly balance: string;
  readonly overdue: string;
}

/** `today` is `yyyy-mm-dd`; an invoice is overdue on the day after its due date. */
export function accountSums(state: CustomerAccountState, today: string): AccountSums {
  const open = sumDecimals(state.items.map((item) => parseDecimal(item.open)));
  const overdue = state.items.filter((item) => item.dueDate < today).map((item) => parseDecimal(item.open));
  return { balance: open.minus(parseDecimal(state.credit)).toString(), overdue: sumDecimals(overdue).toString() };
}

type Side = readonly [LedgerAccount, Decimal];

function invoiceSides(invoice: Pick<InvoiceToBook, 'net' | 'tax' | 'rounding' | 'total'>): readonly Side[] {
  return [
    ['receivable', parseDecimal(invoice.total)],
    ['revenue', parseDecimal(invoice.net).negated()],
    ['vat', parseDecimal(invoice.tax).negated()],
    ['rounding', parseDecimal(invoice.rounding).negated()],
  ];
}

/** Puts an amount on the named items, in their order, then (unless `only`) on the oldest due; settled items leave. */
function allocate(
  items: readonly OpenItem[],
  amount: Decimal,
  named: readonly string[],
  then: 'oldest' | 'only',
): { readonly items: readonly OpenItem[]; readonly allocations: readonly Allocation[] } {
  const first = named.flatMap((id) => items.filter((item) => item.invoiceId === id));
  const others = then === 'oldest' ? items.filter((item) => !named.includes(item.invoiceId)) : [];
  const order = [...first, ...[...others].sort((a, b) => (a.dueDate < b.dueDate ? -1 : a.dueDate > b.dueDate ? 1 : a.number < b.number ? -1 : 1))];
  const open = new Map<OpenItem, Decimal>();
  const allocations: Allocation[] = [];
  let left = amount;
  for (const item of order) {
    const part = minDecimal(left, parseDecimal(item.open));
    if (part.sign() <= 0) continue;
    allocations.push({ invoiceId: item.invoiceId, number: item.number, amount: part.toString() });
    open.set(item, parseDecimal(item.open).minus(part));
    left = left.minus(part);
  }
  const kept = items.flatMap((item): OpenItem[] => {
    const rest = open.get(item);
    if (rest === undefined) return [item];
    return rest.isZero() ? [] : [{ ...item, open: rest.toString() }];
  });
  return { items: kept, allocations };
}

/** Devices are opened again only when nothing that blocks is open any more. */
function finish(next: CustomerAccountState, sides: readonly Side[], allocations: readonly Allocation[], before: CustomerAccountState): Booking {
  const postings = journal(sides);
  const stillBlocked = next.items.some((item) => item.blocking);
  const unblockedFor = stillBlocked ? [] : next.blockedFor.filter((id) => before.blockedFor.includes(id));
  const state = { ...next, blockedFor: stillBlocked ? next.blockedFor : [], ledger: withPostings(next.ledger, postings) };
  return { state, postings, allocations, unblockedFor };
}

function itemOf(state: CustomerAccountState, invoiceId: string): OpenItem {
  const item = state.items.find((one) => one.invoiceId === invoiceId);
  if (!item) throw new Problem('conflict', `Invoice ${invoiceId} is settled or not booked; nothing of it is open.`, { param: 'invoice_id' });
  return item;
}

function sumOf(allocations: readonly Allocation[]): Decimal {
  return sumDecimals(allocations.map((allocation) => parseDecimal(allocation.amount)));
}

function plus(text: string, amount: Decimal): string {
  return parseDecimal(text).plus(amount).toString();
}
