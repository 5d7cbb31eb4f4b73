import { describe, expect, it } from '@jest/globals';
import { Problem, canonicalJson, type Json } from '@tollkeeper/kernel';
import { parseDecimal, sumDecimals } from '@tollkeeper/money';
import fc from 'fast-check';
import { feesOfMonth, issueInvoice, taxCategories, taxTreatment, vatRate, type AccountLine, type Invoice } from './index.js';
import { dutchSeller, feeLine, invoiceRequest, october, swedishBuyer, swedishSeller, usageLine } from './invoice.fixture.js';

const research = { id: 'dep_b', name: 'Research' };
const logistics = { id: 'dep_a', name: 'Logistics' };

/** G7: the total is the sum of the printed lines, the tax of each rate and the rounding line. */
function expectToAddUp(invoice: Invoice): void {
  const net = sumDecimals(invoice.lines.map((line) => parseDecimal(line.net)));
  const tax = sumDecimals(invoice.taxes.map((subtotal) => parseDecimal(subtotal.tax)));
  expect(net.toFixed(2)).toBe(invoice.totals.net);
  expect(tax.toFixed(2)).toBe(invoice.totals.tax);
  expect(net.plus(tax).plus(parseDecimal(invoice.totals.rounding)).toFixed(2)).toBe(invoice.totals.total);
  expect(sumDecimals(invoice.taxes.map((subtotal) => parseDecimal(subtotal.net))).toFixed(2)).toBe(invoice.totals.net);
  expect(sumDecimals(invoice.groups.map((group) => parseDecimal(group.net))).toFixed(2)).toBe(invoice.totals.net);
  expect(invoice.groups.flatMap((group) => group.devices.flatMap((device) => device.lines))).toEqual(
    invoice.lines.map((line) => line.number),
  );
}

describe('issuing an invoice', () => {
  it('rounds each line to öre once and takes 25 % of their sum', () => {
    const invoice = issueInvoice(
      invoiceRequest({ lines: [usageLine({ amount: '10.005' }), usageLine({ amount: '10.004', meter: 'time' })] }),
    );
    expect(invoice.lines.map((line) => line.net)).toEqual(['10.01', '10.00']);
    expect(invoice.totals).toEqual({ net: '20.01', tax: '5.00', rounding: '0.00', total: '25.01' });
  });

  it('rounds half to even where the legal entity says so', () => {
    const seller = { ...swedishSeller, rounding: 'half_even' } as const;
    expect(issueInvoice(invoiceRequest({ seller, lines: [usageLine({ amount: '10.005' })] })).lines[0]?.net).toBe('10.00');
  });

  it('groups lines by department and device with subtotals, customer fees last', () => {
    const invoice = issueInvoice(
      invoiceRequest({
        lines: [
          usageLine({ device: 'B', department: research }),
          usageLine({ device: 'A', department: research, amount: '1' }),
          usageLine({ device: 'A', department: research, meter: 'time', amount: '2' }),
          usageLine({ device: 'Z', department: logistics, amount: '3' }),
          usageLine({ device: 'loose', amount: '4' }),
        ],
        fees: [feeLine()],
      }),
    );
    expect(
      invoice.groups.map((group) => [group.department?.name, group.net, group.devices.map((device) => device.device)]),
    ).toEqual([
      ['Logistics', '3.00', ['Z']],
      ['Research', '52.38', ['A', 'B']],
      [undefined, '4.00', ['loose']],
      [undefined, '99.00', [undefined]],
    ]);
    expectToAddUp(invoice);
  });

  it('shows an adjustment of an earlier period as such, after the lines of this one', () => {
    const september = { start: '2026-08-31T22:00:00Z', end: '2026-09-30T22:00:00Z' };
    const invoice = issueInvoice(
      invoiceRequest({ lines: [usageLine({ adjustment: true, period: september, amount: '-1' }), usageLine()] }),
    );
    expect(invoice.lines.map((line) => line.adjustment)).toEqual([false, true]);
    expect(invoice.period).toEqual(october);
    expect(invoice.usage.map((row) => row.adjustment)).toEqual([false, true]);
  });

  it('carries what Article 226 of Directive 2006/112/EC requires', () => {
    const invoice = issueInvoice(invoiceRequest());
    expect(invoice).toMatchObject({
      issuedOn: '2026-11-02',
      dueOn: '2026-12-02',
      number: 'NL-2026-00017',
      seller: { name: 'Nordladd AB', vatNumber: 'SE556012579001', address: { city: 'Stockholm' } },
      buyer: { name: 'Kalles Plåt AB', vatNumber: 'SE556036079301', address: { city: 'Storåker' } },
      period: october,
      taxes: [{ rate: '25', net: '49.38', tax: '12.35' }],
      currency: 'SEK',
    });
    expect(invoice.lines[0]).toMatchObject({ quantity: '12.345', unit: 'kWh', description: 'Charging energy', taxRate: '25' });
  });

  it('states quantity and events per device and meter, adding lines of several prices', () => {
    const invoice = issueInvoice(
      invoiceRequest({
        lines: [
          usageLine({ quantity: '1.5', events: 2, priceDescription: 'day' }),
          usageLine({ quantity: '2', events: 3, priceDescription: 'night' }),
        ],
      }),
    );
    expect(invoice.usage).toMatchObject([{ device: 'SE*NLD*E0001', meter: 'energy', quantity: '3.5', events: 5 }]);
  });

  it('makes prices with tax come out at what they promised, with a rounding line', () => {
    const lines = ['a', 'b', 'c'].map((device) => usageLine({ device, amount: '9.99', taxIncluded: true }));
    const invoice = issueInvoice(invoiceRequest({ lines }));
    expect(invoice.totals.total).toBe('29.97');
    expect(invoice.totals).toMatchObject({ net: '23.97', tax: '5.99', rounding: '0.01' });
    expectToAddUp(invoice);
  });

  it('brings the payable total to whole kronor where asked', () => {
    const invoice = issueInvoice(invoiceRequest({ payableStep: '1' }));
    expect(invoice.totals).toEqual({ net: '49.38', tax: '12.35', rounding: '0.27', total: '62.00' });
  });

  it('is plain canonical JSON and the same for the same request', () => {
    const json = canonicalJson(issueInvoice(invoiceRequest()) as unknown as Json);
    expect(canonicalJson(issueInvoice(invoiceRequest()) as unknown as Json)).toBe(json);
  });

  it('refuses what cannot be invoiced and names the line', () => {
    const attempt = (overrides: Partial<AccountLine>) => () =>
      issueInvoice(invoiceRequest({ lines: [usageLine(), usageLine(overrides)] }));
    expect(attempt({ amount: '1e3' })).toThrow(/lines\[1\]\.amount/);
    expect(attempt({ quantity: '' })).toThrow(/lines\[1\]\.quantity/);
    expect(attempt({ period: { start: october.end, end: october.start } })).toThrow(/lines\[1\]\.period/);
    expect(() => issueInvoice(invoiceRequest({ lines: [] }))).toThrow(Problem);
  });

  it('adds up whatever the lines are (G7)', () => {
    const line = fc.record({
      amount: fc
        .tuple(fc.bigInt(-1_000_000_000n, 1_000_000_000n), fc.integer({ min: 0, max: 7 }))
        .map(([units, digits]) => decimalText(units, digits)),
      device: fc.constantFrom('A', 'B', 'C'),
      department: fc.constantFrom(undefined, research, logistics),
      taxCategory: fc.constantFrom(...taxCategories),
      taxIncluded: fc.boolean(),
      adjustment: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(line, { minLength: 1, maxLength: 20 }),
        fc.constantFrom(swedishSeller, dutchSeller),
        fc.constantFrom(undefined, '1', '0.05'),
        (lines, seller, payableStep) => {
          expectToAddUp(
            issueInvoice(invoiceRequest({ seller, payableStep, lines: lines.map((overrides) => usageLine(overrides)) })),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});

function decimalText(units: bigint, digits: number): string {
  const text = (units < 0n ? -units : units).toString().padStart(digits + 1, '0');
  const value = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
  return units < 0n ? `-${value}` : value;
}

describe('VAT', () => {
  it('knows the Swedish and Dutch rates by date', () => {
    expect(['standard', 'reduced', 'low', 'zero'].map((c) => vatRate('SE', c as 'standard', '2026-11-01'))).toEqual([
      '25',
      '12',
      '6',
      '0',
    ]);
    expect(['standard', 'reduced', 'low', 'zero'].map((c) => vatRate('NL', c as 'standard', '2026-11-01'))).toEqual([
      '21',
      '9',
      '9',
      '0',
    ]);
    expect(vatRate('NL', 'reduced', '2018-12-31')).toBe('6');
    expect(vatRate('NL', 'standard', '2012-09-30')).toBe('19');
  });
  it('says which tables there are when a country has none', () => {
    expect(() => vatRate('FI', 'standard', '2026-01-01')).toThrow(/SE, NL/);
  });
  it('takes the rate of the last day of supply, not of the day of issue', () => {
    const december = { start: '2018-11-30T23:00:00Z', end: '2018-12-31T23:00:00Z' };
    const invoice = issueInvoice(
      invoiceRequest({
        seller: dutchSeller,
        buyer: { ...swedishBuyer, business: false, vatNumber: undefined },
        issuedOn: '2019-01-02',
        lines: [usageLine({ period: december, taxCategory: 'reduced' })],
      }),
    );
    expect(invoice.taxes[0]?.rate).toBe('6');
  });
  it('reverses the charge for a business of another member state with a valid VAT number', () => {
    const invoice = issueInvoice(invoiceRequest({ seller: dutchSeller }));
    expect(invoice).toMatchObject({ taxTreatment: 'reverse_charge', totals: { tax: '0.00', total: '49.38' } });
    expect(invoice.taxNote).toContain('Article 196 of Directive 2006/112/EC');
  });
  it('charges VAT when that number is wrong, missing, or its holder a consumer', () => {
    const seller = { country: 'NL' };
    expect(taxTreatment(seller, { country: 'SE', business: true, vatNumber: 'SE556036079302' })).toBe('domestic');
    expect(taxTreatment(seller, { country: 'SE', business: true })).toBe('domestic');
    expect(taxTreatment(seller, { country: 'SE', business: false })).toBe('domestic');
    expect(taxTreatment(seller, { country: 'SE', business: true, vatNumber: 'NL004495445B01' })).toBe('domestic');
  });
  it('charges none outside the Union', () => {
    expect(taxTreatment({ country: 'SE' }, { country: 'NO', business: false })).toBe('export');
  });
});

describe('recurring fees', () => {
  const month = { month: '2026-11', period: { start: '2026-10-31T23:00:00Z', end: '2026-11-30T23:00:00Z' } };
  const fee = { id: 'f', description: 'Service', amount: '90', from: '2026-01-01' };
  it('charges a whole month whole', () => {
    expect(feesOfMonth([fee], month)).toMatchObject([{ amount: '90', quantity: '1' }]);
  });
  it('charges by the day when it begins or ends inside the month', () => {
    expect(feesOfMonth([{ ...fee, from: '2026-11-21' }], month)).toMatchObject([
      { amount: '30', priceDescription: '2026-11-21 – 2026-11-30, 10/30' },
    ]);
  });
  it('leaves out what has ended or not begun', () => {
    expect(
      feesOfMonth(
        [
          { ...fee, to: '2026-10-31' },
          { ...fee, from: '2026-12-01' },
        ],
        month,
      ),
    ).toEqual([]);
  });
});
