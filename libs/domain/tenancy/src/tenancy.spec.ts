import { describe, expect, it } from '@jest/globals';
import { Problem } from '@tollkeeper/kernel';
import {
  allows,
  assertBillingEntity,
  assertCustomer,
  checkVatNumber,
  hasMod10CheckDigit,
  isCountryCode,
  isDate,
  isEuVatNumber,
  mayGrant,
  mod10CheckDigit,
  parseBankgiro,
  parseBic,
  parseIban,
  printBankgiro,
  printIban,
  roleScopes,
  type BillingEntity,
  type Customer,
} from './index.js';

const entity: BillingEntity = {
  id: 'ent_1',
  legalName: 'Nordladd AB',
  registrationNumber: '556012-5790',
  vatNumber: 'SE556012579001',
  address: { lines: ['Kungsgatan 1'], postalCode: '111 43', city: 'Stockholm', country: 'SE' },
  currency: 'SEK',
  rounding: 'half_up',
  paymentTermsDays: 30,
  paymentDetails: { bankgiro: '991-2346' },
  referenceKind: 'ocr',
  language: 'sv',
};

const customer: Customer = {
  id: 'cus_1',
  brandId: 'brd_1',
  name: 'Ada Holm',
  business: false,
  address: { lines: ['Storgatan 2'], postalCode: '123 45', city: 'Storåker', country: 'SE' },
  departments: [],
  recurringFees: [],
};

function paramOf(run: () => void): unknown {
  try {
    run();
  } catch (error) {
    if (error instanceof Problem) return error.extra.param;
    throw error;
  }
  return undefined;
}

describe('VAT numbers', () => {
  it('accepts published numbers, also written with spaces and in small letters', () => {
    expect(checkVatNumber('se 5560125790 01')).toEqual({ ok: true, number: 'SE556012579001', country: 'SE' });
    expect(checkVatNumber('NL004495445B01')).toEqual({ ok: true, number: 'NL004495445B01', country: 'NL' });
  });
  it('accepts the Dutch numbers of sole traders of 2020 that use modulus 97', () => {
    expect(isEuVatNumber('NL002342672B42')).toBe(true);
  });
  it('tells a mistyped digit from a wrong form and from a country it does not know', () => {
    expect(checkVatNumber('NL123456789B90')).toEqual({ ok: false, reason: 'check_digit' });
    expect(checkVatNumber('SE12')).toEqual({ ok: false, reason: 'malformed' });
    expect(checkVatNumber('ZZ123456789')).toEqual({ ok: false, reason: 'unsupported_country' });
  });
  it('knows Greece by its VAT prefix EL and says GR', () => {
    expect(checkVatNumber('EL094259216')).toMatchObject({ country: 'GR' });
  });
  it('does not take a Norwegian or Swiss number for one of the Union', () => {
    expect(isEuVatNumber('NO 923 609 016 MVA')).toBe(false);
  });
});

describe('bank accounts', () => {
  it('reads the IBAN examples of the ISO 13616 registry', () => {
    expect(parseIban('SE45 5000 0000 0583 9825 7466')).toBe('SE4550000000058398257466');
    expect(parseIban('nl91abna0417164300')).toBe('NL91ABNA0417164300');
    expect(printIban('NL91ABNA0417164300')).toBe('NL91 ABNA 0417 1643 00');
  });
  it('refuses an IBAN with a swapped digit', () => {
    expect(parseIban('NL91ABNA0417164030')).toBeUndefined();
    expect(parseIban('')).toBeUndefined();
  });
  it('reads bankgiro numbers by their check digit', () => {
    expect(parseBankgiro('991-2346')).toBe('9912346');
    expect(parseBankgiro('991-2345')).toBeUndefined();
    expect(printBankgiro('9912346')).toBe('991-2346');
  });
  it('reads a BIC', () => {
    expect(parseBic('abnanl2a')).toBe('ABNANL2A');
    expect(parseBic('ABN')).toBeUndefined();
  });
});

describe('the 10-modulus check digit', () => {
  it('equals the published example of ISO/IEC 7812 (7992739871 → 3)', () => {
    expect(mod10CheckDigit('7992739871')).toBe('3');
    expect(hasMod10CheckDigit('79927398713')).toBe(true);
    expect(hasMod10CheckDigit('79927398710')).toBe(false);
  });
});

describe('countries and dates', () => {
  it('knows assigned codes only, in capitals', () => {
    expect(['SE', 'NL', 'AX'].every(isCountryCode)).toBe(true);
    expect(['se', 'EU', 'UK', 'XX', ''].some(isCountryCode)).toBe(false);
  });
  it('takes only days that exist', () => {
    expect(isDate('2024-02-29')).toBe(true);
    expect(isDate('2026-02-29')).toBe(false);
    expect(isDate('2026-2-1')).toBe(false);
  });
});

describe('scopes', () => {
  it('lets an administrator do everything in the tenant and nothing of the platform', () => {
    expect(allows(roleScopes.admin, 'invoices:write')).toBe(true);
    expect(allows(roleScopes.admin, 'platform')).toBe(false);
  });
  it('keeps the operator of the installation out of the books of tenants', () => {
    expect(allows(roleScopes.operator, 'invoices:read')).toBe(false);
  });
  it('lets who may write also read the same', () => {
    expect(allows(['payments:write'], 'payments:read')).toBe(true);
    expect(allows(['payments:read'], 'payments:write')).toBe(false);
  });
  it('keeps customers and partners from writing at all', () => {
    for (const role of ['customer', 'partner'] as const) expect(roleScopes[role].some((s) => s.endsWith(':write'))).toBe(false);
  });
  it('lets nobody give more than they have', () => {
    expect(mayGrant(['keys:write', 'usage:write'], ['usage:write'])).toBe(true);
    expect(mayGrant(['keys:write'], ['admin'])).toBe(false);
    expect(mayGrant(['platform'], ['admin'])).toBe(false);
  });
});

describe('parties', () => {
  it('accepts a billing entity and a customer that are right', () => {
    expect(() => assertBillingEntity(entity)).not.toThrow();
    expect(() => assertCustomer(customer)).not.toThrow();
  });
  it('names the member that is wrong', () => {
    expect(paramOf(() => assertBillingEntity({ ...entity, vatNumber: 'NL004495445B01' }))).toBe('vat_number');
    expect(paramOf(() => assertBillingEntity({ ...entity, paymentDetails: {} }))).toBe('payment_details');
    expect(paramOf(() => assertBillingEntity({ ...entity, paymentDetails: { iban: 'SE00' } }))).toBe('payment_details.iban');
    expect(paramOf(() => assertBillingEntity({ ...entity, paymentTermsDays: 1.5 }))).toBe('payment_terms_days');
    expect(paramOf(() => assertCustomer({ ...customer, address: { ...customer.address, country: 'sv' } }))).toBe(
      'address.country',
    );
    expect(paramOf(() => assertCustomer({ ...customer, vatNumber: 'SE556012579001' }))).toBe('vat_number');
    const fee = { id: 'f', description: 'Fee', amount: '1e3', from: '2026-01-01' };
    expect(paramOf(() => assertCustomer({ ...customer, recurringFees: [fee] }))).toBe('recurring_fees[0].amount');
    expect(
      paramOf(() =>
        assertCustomer({
          ...customer,
          departments: [
            { id: 'd', name: 'A' },
            { id: 'd', name: 'B' },
          ],
        }),
      ),
    ).toBe('departments[1].id');
  });
});
