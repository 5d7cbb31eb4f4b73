import { describe, expect, it } from '@jest/globals';
import { parseDecimal, sumDecimals } from '@tollkeeper/money';
import fc from 'fast-check';
import { type Agreement, agreementFaults, agreementOn } from './agreement.js';
import { type CommissionLine, type InvoiceShare, shareCredit, shareInvoice, sharePayment } from './invoice-share.js';
import { dueStatement, emptyPartnerAccount, partnerBalance, stateMonth, withCommission } from './partner-account.js';

function agreement(basis: 'invoiced' | 'paid'): Agreement {
  return {
    id: 'agr_1',
    partnerId: 'par_1',
    basis,
    currency: 'EUR',
    startDate: '2026-01-01',
    rates: [
      { meter: 'energy', percentage: '8' },
      { meter: '*', percentage: '2.5' },
    ],
  };
}

const invoice = {
  number: 'NL2026-000001',
  issuedOn: '2026-02-01',
  currency: 'EUR',
  total: '242.00',
  lines: [
    { number: 1, partnerId: 'par_1', device: 'd1', meter: 'energy', net: '100.00' },
    { number: 2, partnerId: 'par_1', device: 'd1', fee: 'monthly', net: '60.00' },
    { number: 3, partnerId: 'par_2', device: 'd2', meter: 'energy', net: '40.00' },
  ],
};

function sumOf(lines: readonly CommissionLine[]): string {
  return sumDecimals(lines.map((line) => parseDecimal(line.amount))).toString();
}

describe('a partner’s share', () => {
  it('is earned when the invoice is issued, line by line, at the rate of the meter or of everything else', () => {
    const { moved } = shareInvoice(invoice, [agreement('invoiced')]);
    expect(moved.map(({ invoiceLine, meter, percentage, amount }) => [invoiceLine, meter, percentage, amount])).toEqual([
      [1, 'energy', '8', '8'],
      [2, 'fee:monthly', '2.5', '1.5'],
    ]);
  });

  it('is earned with each payment under an agreement on paid revenue, and is whole when all is paid', () => {
    const issued = shareInvoice(invoice, [agreement('paid')]);
    expect(issued.moved).toEqual([]);
    const first = sharePayment(issued.share, '121.00');
    expect(sumOf(first.moved)).toBe('4.75');
    const second = sharePayment(first.share, '121.00');
    expect(sumOf([...first.moved, ...second.moved])).toBe('9.5');
  });

  it('is clawed back with a credit note', () => {
    const issued = shareInvoice(invoice, [agreement('invoiced')]);
    const credited = shareCredit(issued.share, { total: '60.50', lines: new Map([[1, '50.00']]) });
    expect(credited.moved).toMatchObject([{ invoiceLine: 1, base: '-50', amount: '-4' }]);
  });

  it('adds up to the same whatever the number, size and order of payments and credits', () => {
    const step = fc.oneof(
      fc.record({ pay: fc.integer({ min: 1, max: 9000 }) }),
      fc.record({ credit: fc.integer({ min: 1, max: 2000 }), line: fc.constantFrom(1, 2) }),
    );
    fc.assert(
      fc.property(fc.constantFrom('invoiced' as const, 'paid' as const), fc.array(step, { maxLength: 12 }), (basis, steps) => {
        const begin = shareInvoice(invoice, [agreement(basis)]);
        const moved = [...begin.moved];
        let share: InvoiceShare = begin.share;
        let creditedNet = 0;
        for (const one of steps) {
          if ('pay' in one) {
            const next = sharePayment(share, (one.pay / 100).toFixed(2));
            moved.push(...next.moved);
            share = next.share;
          } else if (creditedNet + one.credit <= 5000) {
            creditedNet += one.credit;
            const next = shareCredit(share, { total: (one.credit / 100).toFixed(2), lines: new Map([[one.line, (one.credit / 100).toFixed(2)]]) });
            moved.push(...next.moved);
            share = next.share;
          }
        }
        expect(sumOf(moved)).toBe(sumDecimals(share.lines.map((line) => parseDecimal(line.earned))).toString());
        const rest = parseDecimal(share.total).minus(parseDecimal(share.credited)).minus(parseDecimal(share.paid));
        const final = sharePayment(share, rest.toString());
        const whole = sumDecimals(share.lines.map((line) => parseDecimal(line.net).times(parseDecimal(line.percentage)).dividedBy(parseDecimal('100'))));
        expect(sumOf([...moved, ...final.moved])).toBe(whole.toString());
      }),
    );
  });
});

describe('a partner’s account', () => {
  const line = (amount: string): CommissionLine => ({
    partnerId: 'par_1',
    agreementId: 'agr_1',
    invoiceLine: 1,
    device: 'd1',
    meter: 'energy',
    base: '1',
    percentage: '8',
    amount,
  });

  it('states each month once, rounded once, and carries the closing over', () => {
    let state = withCommission(emptyPartnerAccount, '2026-01', [line('10.005'), line('-2.001')], 1);
    state = withCommission(state, '2026-02', [line('1.5')], 2);
    expect(dueStatement(state, '2026-01')).toBeUndefined();
    expect(dueStatement(state, '2026-03')).toBe('2026-01');
    const january = stateMonth(state, '2026-01', 'EUR');
    expect(january.sums).toEqual({ month: '2026-01', opening: '0.00', earned: '10.01', clawedBack: '2.00', closing: '8.01' });
    const february = stateMonth(january.state, '2026-02', 'EUR');
    expect(february.sums).toEqual({ month: '2026-02', opening: '8.01', earned: '1.50', clawedBack: '0.00', closing: '9.51' });
    expect(partnerBalance(february.state)).toEqual({ balance: '9.51', unstated: '0' });
  });

  it('books what comes late for a stated month in the month after it', () => {
    const stated = stateMonth(withCommission(emptyPartnerAccount, '2026-12', [line('1')], 1), '2026-12', 'EUR').state;
    expect(Object.keys(withCommission(stated, '2026-12', [line('1')], 3).unstated)).toEqual(['2027-01']);
  });
});

describe('an agreement', () => {
  it('is refused with the path of everything that is wrong', () => {
    const wrong: Agreement = { ...agreement('paid'), currency: 'XXZ', rates: [{ meter: '*', percentage: '1e1' }, { meter: '*', percentage: '101' }], endDate: '2025-01-01' };
    expect(agreementFaults(wrong).map((fault) => fault.path)).toEqual(['currency', 'rates[0].percentage', 'rates[1].meter', 'rates[1].percentage', 'end_date']);
    expect(agreementFaults(agreement('paid'))).toEqual([]);
  });

  it('counts on the day of the invoice; of two the one that began last', () => {
    const later = { ...agreement('paid'), id: 'agr_2', startDate: '2026-03-01' };
    expect(agreementOn([agreement('paid'), later], 'par_1', 'EUR', '2026-02-28')?.id).toBe('agr_1');
    expect(agreementOn([agreement('paid'), later], 'par_1', 'EUR', '2026-03-01')?.id).toBe('agr_2');
    expect(agreementOn([agreement('paid')], 'par_1', 'SEK', '2026-03-01')).toBeUndefined();
  });
});
