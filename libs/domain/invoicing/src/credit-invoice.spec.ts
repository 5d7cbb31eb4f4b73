import { describe, expect, it } from '@jest/globals';
import { Decimal, parseDecimal, sumDecimals } from '@tollkeeper/money';
import fc from 'fast-check';
import { creditInvoice, issueInvoice, leftToCredit, type CreditRequest, type CreditScope, type Invoice } from './index.js';
import { feeLine, invoiceRequest, usageLine } from './invoice.fixture.js';

const invoice = issueInvoice(
  invoiceRequest({
    lines: [usageLine({ amount: '100.10' }), usageLine({ meter: 'time', amount: '50.05', taxCategory: 'reduced' })],
    fees: [feeLine({ amount: '33.33' })],
  }),
);

function credit(scope: CreditScope, serial = 1): CreditRequest {
  return { id: `crn_${serial}`, number: `C-${serial}`, issuedOn: '2026-11-10', scope, reason: 'Meter was faulty' };
}

function sum(invoices: readonly Invoice[]): string {
  return sumDecimals(invoices.map((one) => parseDecimal(one.totals.total))).toFixed(2);
}

describe('crediting an invoice', () => {
  it('takes everything back, by reference to the original', () => {
    const note = creditInvoice(invoice, [], credit({ kind: 'full' }));
    expect(note).toMatchObject({ kind: 'credit_note', credits: { number: invoice.number }, reason: 'Meter was faulty' });
    expect(sum([invoice, note])).toBe('0.00');
    expect(note.lines.every((line) => line.original !== undefined && line.net.startsWith('-'))).toBe(true);
  });

  it('takes back one line with its tax, then the rest, to exactly zero', () => {
    const first = creditInvoice(invoice, [], credit({ kind: 'lines', lines: [{ number: 2 }] }));
    expect(first.lines).toHaveLength(1);
    const rest = creditInvoice(invoice, [first], credit({ kind: 'full' }, 2));
    expect(sum([invoice, first, rest])).toBe('0.00');
  });

  it('takes back an amount with tax, spread over rates, and the total is what was asked', () => {
    const note = creditInvoice(invoice, [], credit({ kind: 'amount', total: '10.01' }));
    expect(note.totals.total).toBe('-10.01');
    expect(note.taxes.map((tax) => tax.rate)).toEqual(['25', '12']);
  });

  it('never takes back more than is left', () => {
    const half = creditInvoice(invoice, [], credit({ kind: 'lines', lines: [{ number: 1, net: '60' }] }));
    expect(() => creditInvoice(invoice, [half], credit({ kind: 'lines', lines: [{ number: 1, net: '40.11' }] }, 2))).toThrow(
      /has 40\.1 left/,
    );
    expect(() => creditInvoice(invoice, [], credit({ kind: 'amount', total: '9999' }))).toThrow(/left to credit/);
    const all = creditInvoice(invoice, [half], credit({ kind: 'full' }, 2));
    expect(() => creditInvoice(invoice, [half, all], credit({ kind: 'full' }, 3))).toThrow(/already credited in full/);
  });

  it('does not let a line go back beyond what the whole invoice is worth', () => {
    const reduced = issueInvoice(
      invoiceRequest({ lines: [usageLine({ amount: '100' }), usageLine({ amount: '-60', adjustment: true })] }),
    );
    expect(() => creditInvoice(reduced, [], credit({ kind: 'lines', lines: [{ number: 1 }] }))).toThrow(/more than is left/);
  });

  it('refuses lines that are not there and amounts that are not amounts', () => {
    expect(() => creditInvoice(invoice, [], credit({ kind: 'lines', lines: [{ number: 9 }] }))).toThrow(/no line 9/);
    expect(() => creditInvoice(invoice, [], credit({ kind: 'lines', lines: [{ number: 1 }, { number: 1 }] }))).toThrow(/twice/);
    for (const total of ['0', '-1', '1.001', 'x'])
      expect(() => creditInvoice(invoice, [], credit({ kind: 'amount', total }))).toThrow(/not an amount/);
  });

  it('ends at exactly zero after any sequence of partial credits', () => {
    const scope = fc.oneof(
      fc.record({
        kind: fc.constant('amount' as const),
        total: fc.integer({ min: 1, max: 9000 }).map((n) => Decimal.fromUnits(BigInt(n), 2).toString()),
      }),
      fc.record({
        kind: fc.constant('lines' as const),
        lines: fc.constantFrom([{ number: 1 }], [{ number: 2, net: '7.77' }], [{ number: 3, net: '0.01' }]),
      }),
    );
    fc.assert(
      fc.property(fc.array(scope, { maxLength: 6 }), (scopes) => {
        const notes: Invoice[] = [];
        for (const wanted of scopes) {
          try {
            notes.push(creditInvoice(invoice, notes, credit(wanted, notes.length + 1)));
          } catch {
            continue;
          }
          const left = leftToCredit(invoice, notes);
          expect(left.total.sign()).not.toBe(-1);
          for (const net of left.nets.values()) expect(net.sign()).not.toBe(-1);
        }
        if (!leftToCredit(invoice, notes).total.isZero()) notes.push(creditInvoice(invoice, notes, credit({ kind: 'full' }, 99)));
        expect(sum([invoice, ...notes])).toBe('0.00');
        for (const note of notes) {
          const { net, tax, rounding, total } = note.totals;
          expect(sumDecimals([net, tax, rounding].map((text) => parseDecimal(text))).toFixed(2)).toBe(total);
        }
      }),
      { numRuns: 150 },
    );
  });
});
