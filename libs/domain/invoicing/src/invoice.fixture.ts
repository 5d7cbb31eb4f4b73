import type { BillingEntity, Customer } from '@tollkeeper/tenancy';
import type { AccountLine, FeeLine } from './invoice.js';
import type { InvoiceRequest } from './issue-invoice.js';

/** Parties and lines that the specs of this library share. */
export const swedishSeller: BillingEntity = {
  id: 'ent_se',
  legalName: 'Nordladd AB',
  registrationNumber: '556012-5790',
  vatNumber: 'SE556012579001',
  address: { lines: ['Kungsgatan 1'], postalCode: '111 43', city: 'Stockholm', country: 'SE' },
  email: 'faktura@nordladd.example',
  currency: 'SEK',
  rounding: 'half_up',
  paymentTermsDays: 30,
  paymentDetails: { bankgiro: '9912346', iban: 'SE4550000000058398257466', bic: 'ESSESESS' },
  referenceKind: 'ocr',
  language: 'sv',
};

export const dutchSeller: BillingEntity = {
  ...swedishSeller,
  id: 'ent_nl',
  legalName: 'Laadpunt B.V.',
  registrationNumber: '33031431',
  vatNumber: 'NL004495445B01',
  address: { lines: ['Damrak 1'], postalCode: '1012 LG', city: 'Amsterdam', country: 'NL' },
  currency: 'EUR',
  paymentDetails: { iban: 'NL91ABNA0417164300', bic: 'ABNANL2A' },
  referenceKind: 'rf',
  language: 'nl',
};

export const swedishBuyer: Customer = {
  id: 'cus_se',
  brandId: 'brd_se',
  name: 'Kalles Plåt AB',
  business: true,
  registrationNumber: '556036-0793',
  vatNumber: 'SE556036079301',
  address: { lines: ['Storgatan 2'], postalCode: '123 45', city: 'Storåker', country: 'SE' },
  departments: [],
  recurringFees: [],
};

export const october = { start: '2026-09-30T22:00:00Z', end: '2026-10-31T23:00:00Z' };

export function usageLine(overrides: Partial<AccountLine> = {}): AccountLine {
  return {
    device: 'SE*NLD*E0001',
    meter: 'energy',
    product: 'charging',
    description: 'Charging energy',
    period: october,
    quantity: '12.345',
    unit: 'kWh',
    amount: '49.38',
    adjustment: false,
    events: 7,
    ...overrides,
  };
}

export function feeLine(overrides: Partial<FeeLine> = {}): FeeLine {
  return {
    feeId: 'fee_1',
    description: 'Service fee',
    period: october,
    quantity: '1',
    unit: 'month',
    amount: '99',
    ...overrides,
  };
}

export function invoiceRequest(overrides: Partial<InvoiceRequest> = {}): InvoiceRequest {
  return {
    id: 'inv_1',
    number: 'NL-2026-00017',
    issuedOn: '2026-11-02',
    seller: swedishSeller,
    buyer: swedishBuyer,
    lines: [usageLine()],
    fees: [],
    ...overrides,
  };
}
