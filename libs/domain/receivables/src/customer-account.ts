import { Decimal, parseDecimal, sumDecimals } from '@tollkeeper/money';
import type { Allocation, ReceivablesEvent } from './receivables-event.js';

/** Something a customer still owes. It leaves the state when it is settled; the entries of the account keep its story. */
export interface OpenItem {
  /** The invoice; for a reversed payment the payment. */
  readonly invoiceId: string;
  readonly number: string;
  readonly reference: string;
  /** `yyyy-mm-dd` */
  readonly dueOn: string;
  /** Total with tax as booked. */
  readonly amount: string;
  /** What is left, with fees. */
  readonly open: string;
  /** Reminder fees in it. */
  readonly fees: string;
  /** Dunning steps taken, 0 before the first. */
  readonly step: number;
  /** Devices are blocked because of it. */
  readonly blocking: boolean;
}

/** The folded state of one customer in one currency: canonical JSON, bounded by what is open. */
export interface CustomerAccountState {
  readonly currency: string;
  readonly openItems: readonly OpenItem[];
  /** Paid or credited too much and not used yet. */
  readonly credit: string;
  readonly blocked: boolean;
}

export function emptyCustomerAccount(currency: string): CustomerAccountState {
  return { currency, openItems: [], credit: '0', blocked: false };
}

export interface AccountBalance {
  /** What the customer owes after their credit; negative when we owe. */
  readonly balance: string;
  readonly open: string;
  readonly overdue: string;
  readonly credit: string;
}

/** The sums on a day (`yyyy-mm-dd`); an item is overdue from the day after its due date. */
export function accountBalance(state: CustomerAccountState, date: string): AccountBalance {
  const open = sumDecimals(state.openItems.map((item) => parseDecimal(item.open)));
  const overdue = sumDecimals(state.openItems.filter((item) => item.dueOn < date).map((item) => parseDecimal(item.open)));
  const credit = parseDecimal(state.credit);
  return { balance: open.minus(credit).toString(), open: open.toString(), overdue: overdue.toString(), credit: credit.toString() };
}

/** The state after an event. Blocking ends when no item that caused it is open any more. */
export function applyEvent(state: CustomerAccountState, event: ReceivablesEvent): CustomerAccountState {
  const next = applied(state, event);
  return { ...next, blocked: next.openItems.some((item) => item.blocking) };
}

function applied(state: CustomerAccountState, event: ReceivablesEvent): CustomerAccountState {
  switch (event.kind) {
    case 'invoiced': {
      const open = parseDecimal(event.total).minus(parseDecimal(event.fromCredit));
      const { invoiceId, number, reference, dueOn, total: amount } = event;
      const item = { invoiceId, number, reference, dueOn, amount, open: open.toString(), fees: '0', step: 0, blocking: false };
      return withCredit({ ...state, openItems: open.isZero() ? state.openItems : [...state.openItems, item] }, event.fromCredit, -1);
    }
    case 'credited':
    case 'paid':
      return withCredit({ ...state, openItems: settled(state.openItems, event.allocations) }, event.toCredit, 1);
    case 'payment_reversed': {
      const open = parseDecimal(event.amount).minus(parseDecimal(event.fromCredit)).toString();
      const { paymentId, dueOn } = event;
      const item = { invoiceId: paymentId, number: paymentId, reference: '', dueOn, amount: open, open, fees: '0', step: 0, blocking: false };
      return withCredit({ ...state, openItems: open === '0' ? state.openItems : [...state.openItems, item] }, event.fromCredit, -1);
    }
    case 'refunded':
      return withCredit(state, event.amount, -1);
    case 'written_off':
      return { ...state, openItems: settled(state.openItems, [event]) };
    case 'dunned':
      return { ...state, openItems: state.openItems.map((item) => (item.invoiceId === event.invoiceId ? dunned(item, event) : item)) };
    case 'unmatched':
      throw new TypeError('an unmatched payment belongs to the suspense account, not to a customer');
  }
}

function settled(items: readonly OpenItem[], allocations: readonly Allocation[]): readonly OpenItem[] {
  const taken = new Map(allocations.map(({ invoiceId, amount }) => [invoiceId, parseDecimal(amount)]));
  return items.flatMap((item) => {
    const open = parseDecimal(item.open).minus(taken.get(item.invoiceId) ?? Decimal.zero);
    if (open.sign() < 0) throw new RangeError(`more was settled on ${item.number} than was open`);
    return open.isZero() ? [] : [{ ...item, open: open.toString() }];
  });
}

function dunned(item: OpenItem, event: Extract<ReceivablesEvent, { kind: 'dunned' }>): OpenItem {
  const fee = parseDecimal(event.fee);
  return {
    ...item,
    step: event.step,
    open: parseDecimal(item.open).plus(fee).toString(),
    fees: parseDecimal(item.fees).plus(fee).toString(),
    blocking: item.blocking || event.action === 'block',
  };
}

function withCredit(state: CustomerAccountState, amount: string, sign: 1 | -1): CustomerAccountState {
  const change = sign > 0 ? parseDecimal(amount) : parseDecimal(amount).negated();
  const credit = parseDecimal(state.credit).plus(change);
  if (credit.sign() < 0) throw new RangeError('more credit was used than there is');
  return { ...state, credit: credit.toString() };
}
