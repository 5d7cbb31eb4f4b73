import { describe, expect, it } from '@jest/globals';
import { parseDecimal, sumDecimals } from '@tollkeeper/money';
import fc from 'fast-check';
import { accountSums, bookCreditNote, bookDunningStep, type Booking, bookInvoice, bookPayment, emptyCustomerAccount, writeOff } from './customer-account.js';
import { dueSteps, nextStepDay, policyFaults } from './dunning.js';
import type { Posting } from './ledger.js';

function invoice(number: number, total = '125.00', dueDate = '2026-03-01') {
  const net = parseDecimal(total).times(parseDecimal('0.8')).toFixed(2);
  const tax = parseDecimal(total).minus(parseDecimal(net)).toFixed(2);
  return { invoiceId: `inv_${number}`, number: `SE2026-${number}`, reference: `${number}`, dueDate, net, tax, rounding: '0.00', total };
}

function sumOf(postings: readonly Posting[]): string {
  return sumDecimals(postings.map((posting) => parseDecimal(posting.amount))).toString();
}

describe('a customer’s account', () => {
  it('opens an item for an invoice and closes it when the payment names it', () => {
    const open = bookInvoice(emptyCustomerAccount, invoice(1)).state;
    expect(accountSums(open, '2026-03-01')).toEqual({ balance: '125', overdue: '0' });
    expect(accountSums(open, '2026-03-02')).toEqual({ balance: '125', overdue: '125' });
    const paid = bookPayment(open, { amount: '125.00', invoiceIds: ['inv_1'], from: 'bank' });
    expect(paid.state).toMatchObject({ items: [], credit: '0', ledger: { bank: '125', revenue: '-100', vat: '-25' } });
    expect(paid.allocations).toEqual([{ invoiceId: 'inv_1', number: 'SE2026-1', amount: '125' }]);
  });

  it('shows a partial payment as still open, and pays the oldest when nothing is named', () => {
    let state = bookInvoice(emptyCustomerAccount, invoice(1, '100.00', '2026-04-01')).state;
    state = bookInvoice(state, invoice(2, '100.00', '2026-03-01')).state;
    const { state: after } = bookPayment(state, { amount: '30.00', invoiceIds: [], from: 'bank' });
    expect(after.items.map(({ number, open }) => [number, open])).toEqual([
      ['SE2026-1', '100'],
      ['SE2026-2', '70'],
    ]);
  });

  it('keeps what is paid too much as credit, and uses it for the next invoice', () => {
    const first = bookPayment(bookInvoice(emptyCustomerAccount, invoice(1)).state, { amount: '200.00', invoiceIds: ['inv_1'], from: 'bank' }).state;
    expect(first.credit).toBe('75');
    expect(accountSums(first, '2026-01-01').balance).toBe('-75');
    const second = bookInvoice(first, invoice(2));
    expect(second.state).toMatchObject({ credit: '0', items: [{ open: '50' }] });
    expect(second.allocations).toEqual([{ invoiceId: 'inv_2', number: 'SE2026-2', amount: '75' }]);
  });

  it('lowers the invoice that a credit note corrects; what was paid of it becomes credit', () => {
    const half = bookPayment(bookInvoice(emptyCustomerAccount, invoice(1)).state, { amount: '100.00', invoiceIds: [], from: 'bank' }).state;
    const note = { ...invoice(9, '-125.00'), correctsId: 'inv_1' };
    const { state, postings } = bookCreditNote(half, note);
    expect(state).toMatchObject({ items: [], credit: '100', ledger: { bank: '100', credit: '-100' } });
    expect(sumOf(postings)).toBe('0');
  });

  it('puts a reminder’s fee on the invoice, blocks for it, and opens again when nothing that blocks is open', () => {
    let state = bookInvoice(emptyCustomerAccount, invoice(1)).state;
    state = bookInvoice(state, invoice(2)).state;
    state = bookDunningStep(state, { invoiceId: 'inv_1', action: 'reminder', fee: '60', today: '2026-03-06' }).state;
    state = bookDunningStep(state, { invoiceId: 'inv_1', action: 'block', fee: '0', today: '2026-03-06' }).state;
    expect(state.items[0]).toMatchObject({ open: '185', fees: '60', step: 2, blocking: true });
    const part = bookPayment(state, { amount: '184.99', invoiceIds: ['inv_1'], from: 'bank' });
    expect(part.unblockedFor).toEqual([]);
    const rest = bookPayment(part.state, { amount: '0.01', invoiceIds: ['inv_1'], from: 'bank' });
    expect(rest.unblockedFor).toEqual(['inv_1']);
    expect(rest.state.blockedFor).toEqual([]);
  });

  it('balances every journal entry, and owes what the ledger says, whatever happens', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('invoice' as const), cents: fc.integer({ min: -5000, max: 90000 }) }),
      fc.record({ kind: fc.constant('pay' as const), cents: fc.integer({ min: 1, max: 90000 }), pick: fc.nat({ max: 5 }) }),
      fc.record({ kind: fc.constant('credit' as const), cents: fc.integer({ min: 1, max: 90000 }), pick: fc.nat({ max: 5 }) }),
      fc.record({ kind: fc.constant('fee' as const), cents: fc.nat({ max: 9000 }), pick: fc.nat({ max: 5 }) }),
      fc.record({ kind: fc.constant('write_off' as const), cents: fc.constant(0), pick: fc.nat({ max: 5 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        let state = emptyCustomerAccount;
        steps.forEach((one, i) => {
          const amount = (one.cents / 100).toFixed(2);
          const item = 'pick' in one ? state.items[one.pick % Math.max(1, state.items.length)] : undefined;
          let booking: Booking | undefined;
          if (one.kind === 'invoice') booking = bookInvoice(state, invoice(i, amount));
          if (one.kind === 'pay') booking = bookPayment(state, { amount, invoiceIds: item ? [item.invoiceId] : [], from: 'bank' });
          if (one.kind === 'credit' && item) booking = bookCreditNote(state, { ...invoice(i, `-${amount}`), correctsId: item.invoiceId });
          if (one.kind === 'fee' && item) booking = bookDunningStep(state, { invoiceId: item.invoiceId, action: 'reminder', fee: amount, today: '2026-03-06' });
          if (one.kind === 'write_off' && item) booking = writeOff(state, item.invoiceId);
          if (!booking) return;
          expect(sumOf(booking.postings)).toBe('0');
          state = booking.state;
          const open = sumDecimals(state.items.map((left) => parseDecimal(left.open))).toString();
          expect(state.ledger.receivable ?? '0').toBe(open);
          expect(parseDecimal(state.ledger.credit ?? '0').negated().toString()).toBe(state.credit);
          expect(state.items.every((left) => parseDecimal(left.open).sign() > 0)).toBe(true);
        });
      }),
    );
  });
});

describe('dunning', () => {
  const policy = {
    minimum: '10',
    steps: [
      { daysAfterDue: 5, action: 'reminder' as const, fee: '60' },
      { daysAfterDue: 15, action: 'block' as const, fee: '0' },
    ],
  };

  it('takes each step on its day, one after the other, and leaves small amounts alone', () => {
    let state = bookInvoice(emptyCustomerAccount, invoice(1)).state;
    state = bookInvoice(state, invoice(2, '5.00')).state;
    expect(nextStepDay(state, policy)).toBe('2026-03-06');
    expect(dueSteps(state, policy, '2026-03-05')).toEqual([]);
    expect(dueSteps(state, policy, '2026-03-20')).toMatchObject([{ action: 'reminder', number: 1, item: { invoiceId: 'inv_1' } }]);
    state = bookDunningStep(state, { invoiceId: 'inv_1', action: 'reminder', fee: '60', today: '2026-03-06' }).state;
    expect(dueSteps(state, policy, '2026-03-15')).toEqual([]);
    expect(dueSteps(state, policy, '2026-03-16')).toMatchObject([{ action: 'block', number: 2 }]);
  });

  it('leaves the days of the policy between two steps, also when the first came late', () => {
    const first = bookInvoice(emptyCustomerAccount, invoice(1)).state;
    const { state } = bookDunningStep(first, { invoiceId: 'inv_1', action: 'reminder', fee: '0', today: '2026-04-01' });
    expect(dueSteps(state, policy, '2026-04-10')).toEqual([]);
    expect(dueSteps(state, policy, '2026-04-11')).toMatchObject([{ action: 'block', number: 2 }]);
    expect(nextStepDay(state, policy)).toBe('2026-04-11');
  });

  it('refuses a policy whose steps are out of order or whose amounts are none', () => {
    const wrong = { minimum: '-1', steps: [...policy.steps, { daysAfterDue: 15, action: 'block' as const, fee: '1e3' }] };
    expect(policyFaults(wrong).map((fault) => fault.path)).toEqual(['minimum', 'steps[2].fee', 'steps[2].days_after_due']);
    expect(policyFaults(policy)).toEqual([]);
  });
});
