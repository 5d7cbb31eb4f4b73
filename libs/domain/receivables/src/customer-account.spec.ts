import { describe, expect, it } from '@jest/globals';
import { canonicalJson, type Json } from '@tollkeeper/kernel';
import { Decimal, parseDecimal, sumDecimals } from '@tollkeeper/money';
import fc from 'fast-check';
import {
  accountBalance,
  assertDunningPolicy,
  bookCreditNote,
  bookInvoice,
  bookPayment,
  dueSteps,
  emptyCustomerAccount,
  holdUnmatched,
  nextDunningDate,
  postingsFor,
  refundCredit,
  reversePayment,
  takeDunningStep,
  trialBalance,
  writeOff,
  type BookableInvoice,
  type Booking,
  type CustomerAccountState,
  type DunningPolicy,
  type Posting,
} from './index.js';

const empty = emptyCustomerAccount('SEK');
const policy: DunningPolicy = {
  steps: [
    { daysAfterDue: 5, action: 'reminder' },
    { daysAfterDue: 10, action: 'reminder', fee: '60' },
    { daysAfterDue: 20, action: 'block' },
  ],
  minimum: '50',
};

function invoice(serial: number, total: string, dueOn = `2026-11-${String(serial).padStart(2, '0')}`): BookableInvoice {
  const sum = parseDecimal(total);
  const net = sum.times(parseDecimal('0.8')).rounded(2);
  return {
    id: `inv_${serial}`,
    number: `2026-${serial}`,
    currency: 'SEK',
    paymentReference: `10${serial}`,
    dueOn,
    totals: { net: net.toString(), tax: sum.minus(net).toString(), rounding: '0', total },
  };
}

function payment(amount: string, references: readonly string[] = []) {
  return { id: 'pay_1', amount, currency: 'SEK', references };
}

function invoiced(...invoices: readonly BookableInvoice[]): CustomerAccountState {
  return invoices.reduce((state, one) => bookInvoice(state, one).state, empty);
}

function open(state: CustomerAccountState): Record<string, string> {
  return Object.fromEntries(state.openItems.map((item) => [item.invoiceId, item.open]));
}

describe('a customer account', () => {
  it('opens an item for an invoice, split into revenue and VAT', () => {
    const booking = bookInvoice(empty, invoice(1, '125'));
    expect(booking.postings).toEqual([
      { account: 'receivable', amount: '125', currency: 'SEK' },
      { account: 'revenue', amount: '-100', currency: 'SEK' },
      { account: 'vat', amount: '-25', currency: 'SEK' },
    ]);
    expect(open(booking.state)).toEqual({ inv_1: '125' });
  });

  it('puts a payment on the invoice it names, however the payer wrote the reference, then on the oldest', () => {
    const state = invoiced(invoice(1, '100'), invoice(2, '100'), invoice(3, '100'));
    expect(open(bookPayment(state, payment('150', ['0010 3'])).state)).toEqual({ inv_1: '50', inv_2: '100' });
  });

  it('keeps an underpaid invoice open and shows an overpayment as credit', () => {
    expect(open(bookPayment(invoiced(invoice(1, '100')), payment('99.99', ['101'])).state)).toEqual({ inv_1: '0.01' });
    const over = bookPayment(invoiced(invoice(1, '100')), payment('120', ['101']));
    expect(over.state).toMatchObject({ openItems: [], credit: '20' });
    expect(accountBalance(over.state, '2026-12-01').balance).toBe('-20');
  });

  it('pays the next invoice with credit first, and refunds no more than there is', () => {
    const { state } = bookPayment(empty, payment('30'));
    expect(open(bookInvoice(state, invoice(1, '100')).state)).toEqual({ inv_1: '70' });
    expect(refundCredit(state, 'ref_1', '30').state.credit).toBe('0');
    expect(() => refundCredit(state, 'ref_1', '30.01')).toThrow(/30 SEK of credit/);
  });

  it('credits the invoice of the credit note; when that is paid, other open items, then credit', () => {
    const note = { id: 'crn_1', number: 'C1', currency: 'SEK', credits: { id: 'inv_1' }, totals: { net: '-80', tax: '-20', rounding: '0', total: '-100' } };
    const both = invoiced(invoice(1, '100'), invoice(2, '40'));
    expect(open(bookCreditNote(both, note).state)).toEqual({ inv_2: '40' });
    const paid = bookPayment(both, payment('100', ['101'])).state;
    expect(bookCreditNote(paid, note).state).toMatchObject({ openItems: [], credit: '60' });
  });

  it('owes again what a bank takes back, credit first', () => {
    const { state } = bookPayment(invoiced(invoice(1, '100')), payment('120', ['101']));
    const reversed = reversePayment(state, payment('120'), '2026-11-20');
    expect(reversed.state).toMatchObject({ credit: '0', openItems: [{ invoiceId: 'pay_1', open: '100', dueOn: '2026-11-20' }] });
  });

  it('writes off what is open and no more', () => {
    const state = invoiced(invoice(1, '100'));
    expect(writeOff(state, 'inv_1').state.openItems).toEqual([]);
    expect(() => writeOff(state, 'inv_1', '100.01')).toThrow(/100 SEK open/);
    expect(() => writeOff(state, 'inv_9')).toThrow(/Nothing is open/);
  });

  it('holds a payment of nobody in suspense until a person assigns it', () => {
    const held = holdUnmatched(payment('100'));
    const assigned = bookPayment(invoiced(invoice(1, '100'), invoice(2, '100')), { ...payment('100'), invoiceId: 'inv_2' }, 'suspense');
    expect(open(assigned.state)).toEqual({ inv_1: '100' });
    expect(trialBalance([...held.postings, ...assigned.postings]).filter((row) => row.account === 'suspense')).toMatchObject([{ amount: '0' }]);
  });

  it('refuses another currency and amounts that are not amounts', () => {
    expect(() => bookPayment(empty, { ...payment('1'), currency: 'EUR' })).toThrow(/kept in SEK/);
    for (const amount of ['0', '-1', '0.001', '1e2']) expect(() => bookPayment(empty, payment(amount))).toThrow(/not an amount/);
  });
});

describe('dunning', () => {
  const state = invoiced(invoice(1, '100', '2026-11-01'));

  it('reminds, then charges a fee, then blocks, one step at a time', () => {
    expect(dueSteps(state, policy, '2026-11-05')).toEqual([]);
    let now = state;
    const taken: string[] = [];
    let devices: string | undefined;
    for (const date of ['2026-11-06', '2026-11-07', '2026-11-11', '2026-11-21', '2026-12-31']) {
      for (const due of dueSteps(now, policy, date)) {
        const booking = takeDunningStep(now, due);
        taken.push(`${date} ${due.action} ${due.fee}`);
        now = booking.state;
        devices = booking.devices ?? devices;
      }
    }
    expect(taken).toEqual(['2026-11-06 reminder 0', '2026-11-11 reminder 60', '2026-11-21 block 0']);
    expect(devices).toBe('block');
    expect(now).toMatchObject({ blocked: true, openItems: [{ open: '160', fees: '60', step: 3 }] });
  });

  it('unblocks only when everything that caused the block is paid, the fee too', () => {
    const blocked = ['2026-11-06', '2026-11-11', '2026-11-21'].reduce(
      (now, date) => dueSteps(now, policy, date).reduce((s, due) => takeDunningStep(s, due).state, now),
      state,
    );
    const other = bookInvoice(blocked, invoice(2, '40', '2026-12-24')).state;
    const part = bookPayment(other, payment('100', ['101']));
    expect(part.devices).toBeUndefined();
    expect(part.state.blocked).toBe(true);
    const rest = bookPayment(part.state, payment('60', ['101']));
    expect(rest.devices).toBe('unblock');
    expect(open(rest.state)).toEqual({ inv_2: '40' });
  });

  it('leaves small sums alone, and catches up by one step after a pause', () => {
    expect(dueSteps(invoiced(invoice(1, '49.99', '2026-11-01')), policy, '2026-12-31')).toEqual([]);
    expect(dueSteps(state, policy, '2026-12-31')).toMatchObject([{ step: 1, daysOverdue: 60 }]);
  });

  it('refuses to take a step twice, and policies that make no sense', () => {
    const [first] = dueSteps(state, policy, '2026-11-06');
    if (!first) throw new Error('a step is due');
    const after = takeDunningStep(state, first).state;
    expect(() => takeDunningStep(after, first)).toThrow(/not its next/);
    expect(nextDunningDate(after, policy)).toBe('2026-11-11');
    expect(() => assertDunningPolicy({ steps: [{ daysAfterDue: 1, action: 'block' }], minimum: '0' }, 'SEK')).toThrow(/without a reminder/);
    expect(() => assertDunningPolicy({ steps: [...policy.steps, { daysAfterDue: 5, action: 'reminder' }], minimum: '0' }, 'SEK')).toThrow(/later than/);
    expect(() => assertDunningPolicy(policy, 'SEK')).not.toThrow();
  });
});

describe('double entry', () => {
  type Act = (state: CustomerAccountState, serial: number) => Booking;
  const amount = fc.integer({ min: 1, max: 50_000 }).map((units) => Decimal.fromUnits(BigInt(units), 2).toString());
  const act: fc.Arbitrary<Act> = fc.oneof(
    amount.map((total): Act => (state, serial) => bookInvoice(state, invoice(serial, total, '2026-11-01'))),
    amount.map((total): Act => (state, serial) => bookInvoice(state, invoice(serial, `-${total}`, '2026-11-01'))),
    fc.tuple(amount, fc.nat(20)).map(([paid, ref]): Act => (state, serial) => bookPayment(state, { ...payment(paid, [`10${ref}`]), id: `pay_${serial}` }, serial % 2 ? 'bank' : 'suspense')),
    amount.map((back): Act => (state, serial) => reversePayment(state, { ...payment(back), id: `rev_${serial}` }, '2026-11-02')),
    fc.nat(20).map((at): Act => (state) => writeOff(state, state.openItems[at % Math.max(1, state.openItems.length)]?.invoiceId ?? '')),
    amount.map((wanted): Act => (state) => refundCredit(state, 'ref', wanted)),
    fc.constant<Act>((state) => {
      const [due] = dueSteps(state, policy, '2026-12-31');
      if (!due) throw new Error('nothing is due');
      return takeDunningStep(state, due);
    }),
  );

  it('sums to zero in every entry, and the ledger equals the open items and the credit (G5)', () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 25 }), (acts) => {
        let state = empty;
        const ledger: Posting[] = [];
        acts.forEach((run, serial) => {
          let booking: Booking;
          try {
            booking = run(state, serial);
          } catch {
            return;
          }
          expect(sumDecimals(booking.postings.map((posting) => parseDecimal(posting.amount))).isZero()).toBe(true);
          expect(postingsFor(booking.event, 'SEK')).toEqual(booking.postings);
          ledger.push(...booking.postings);
          state = booking.state;
        });
        const sumOf = (account: string) => sumDecimals(ledger.filter((posting) => posting.account === account).map((posting) => parseDecimal(posting.amount))).toString();
        expect(sumOf('receivable')).toBe(accountBalance(state, '2026-12-31').open);
        expect(parseDecimal(sumOf('credit')).negated().toString()).toBe(state.credit);
        expect(() => canonicalJson(state as unknown as Json)).not.toThrow();
      }),
      { numRuns: 200 },
    );
  });
});
