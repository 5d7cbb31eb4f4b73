import { describe, expect, it } from '@jest/globals';
import type { Brand } from '@tollkeeper/tenancy';
import { creditInvoice, issueInvoice, renderInvoicePdf, renderPartnerStatementPdf, renderReminderPdf } from '../index.js';
import { dutchSeller, invoiceRequest, swedishBuyer, usageLine } from '../invoice.fixture.js';
import { brandLook } from './brand-look.js';
import { wordingFor } from './wording.js';

const createdAt = Date.UTC(2026, 10, 2);
const brand: Brand = {
  id: 'brd_1',
  name: 'Nordladd',
  billingEntityId: 'ent_se',
  primaryColour: '#0b5d4e',
  accentColour: '#ffd166',
  footer: 'nordladd.example',
};
const invoice = issueInvoice(invoiceRequest());

function svgLogo(body: string): Brand {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">${body}</svg>`;
  return { ...brand, logo: { mediaType: 'image/svg+xml', dataBase64: Buffer.from(svg).toString('base64') } };
}

function pagesOf(pdf: Uint8Array): number {
  return (
    Buffer.from(pdf)
      .toString('latin1')
      .match(/\/Type \/Page\b/g)?.length ?? 0
  );
}

describe('rendering an invoice', () => {
  it('makes a PDF of the invoice and its usage statement', async () => {
    const pdf = await renderInvoicePdf(invoice, brand, { createdAt });
    expect(Buffer.from(pdf.subarray(0, 5)).toString()).toBe('%PDF-');
    expect(pagesOf(pdf)).toBe(2);
  });

  it('gives the same bytes for the same values', async () => {
    const [a, b] = [await renderInvoicePdf(invoice, brand, { createdAt }), await renderInvoicePdf(invoice, brand, { createdAt })];
    expect(Buffer.from(a).equals(Buffer.from(b))).toBe(true);
  });

  it('renders reverse charge, credit notes, and languages that it has no words for', async () => {
    const reverse = issueInvoice(invoiceRequest({ seller: dutchSeller, buyer: { ...swedishBuyer, language: 'fi-FI' } }));
    const note = creditInvoice(reverse, [], {
      id: 'c',
      number: 'C-1',
      issuedOn: '2026-11-09',
      scope: { kind: 'full' },
      reason: 'Mistake',
    });
    expect(pagesOf(await renderInvoicePdf(reverse, brand, { createdAt }))).toBe(2);
    expect(pagesOf(await renderInvoicePdf(note, brand, { createdAt, language: 'sv' }))).toBe(1);
  });

  it('renders for a customer whose address was erased', async () => {
    const erased = { ...invoice.buyer, name: '', address: { lines: [], postalCode: '', city: '', country: '' } };
    expect(pagesOf(await renderInvoicePdf({ ...invoice, buyer: erased }, brand, { createdAt }))).toBe(2);
  });

  it('pages hundreds of devices', async () => {
    const lines = Array.from({ length: 400 }, (_, i) => usageLine({ device: `D${i >> 1}`, meter: i % 2 ? 'time' : 'energy' }));
    const pages = pagesOf(await renderInvoicePdf(issueInvoice(invoiceRequest({ lines })), brand, { createdAt }));
    expect(pages).toBeGreaterThan(10);
    expect(pages).toBeLessThan(50);
  });

  it('is not kept from the customer by a logo that cannot be drawn', async () => {
    const brokenPng = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3]).toString('base64');
    const pdf = await renderInvoicePdf(
      invoice,
      { ...brand, logo: { mediaType: 'image/png', dataBase64: brokenPng } },
      { createdAt },
    );
    expect(pagesOf(pdf)).toBe(2);
  });

  it('draws SVG logos that stand by themselves, and none that reach out for files or scripts', () => {
    expect(brandLook(svgLogo('<rect width="10" height="10" fill="url(#g)"/><text>A</text>')).logo).toBeDefined();
    for (const body of [
      '<image href="/etc/passwd"/>',
      '<script>1</script>',
      '<a xlink:href="http://x.example/">x</a>',
      '<rect fill="url(http://x.example/)"/>',
      '<!ENTITY a "b">',
    ]) {
      expect([body, brandLook(svgLogo(body)).logo]).toEqual([body, undefined]);
    }
  });

  it('keeps text readable on any brand colour', () => {
    expect(brandLook({ ...brand, primaryColour: '#ffee88' })).toMatchObject({ primaryInk: '#1f2933' });
    expect(brandLook({ ...brand, primaryColour: 'red' }).primary).toBe('#1f4e79');
  });
});

describe('other documents', () => {
  it('renders a reminder with its fee, and a partner statement of several pages', async () => {
    const { seller, buyer, paymentReference, paymentDetails } = invoice;
    const item = {
      number: invoice.number,
      issuedOn: '2026-11-02',
      dueOn: '2026-12-02',
      amount: '61.73',
      open: '61.73',
      daysOverdue: 12,
    };
    const reminder = {
      number: 'R-1',
      issuedOn: '2026-12-14',
      payBy: '2026-12-24',
      currency: 'SEK',
      language: 'nl',
      seller,
      buyer,
      items: [item],
      fee: '60.00',
      paymentReference,
      paymentDetails,
      block: 'announced',
    } as const;
    expect(pagesOf(await renderReminderPdf(reminder, brand, { createdAt }))).toBe(1);
    const row = {
      date: '2026-11-02',
      invoiceNumber: '17',
      invoiceLine: 1,
      device: 'D',
      meter: 'energy',
      base: '49.38',
      percentage: '10',
      amount: '4.938',
    };
    const statement = {
      number: 'S-1',
      month: '2026-11',
      issuedOn: '2026-12-01',
      currency: 'SEK',
      language: 'en',
      issuer: seller,
      partner: buyer,
      opening: '0.00',
      earned: '4.94',
      clawedBack: '0.00',
      closing: '4.94',
      rows: Array.from({ length: 80 }, () => row),
    };
    expect(pagesOf(await renderPartnerStatementPdf(statement, brand, { createdAt }))).toBeGreaterThan(1);
  });
});

describe('wording', () => {
  it('writes money, numbers and days as people of the language do', () => {
    const plain = (text: string) => text.replace(/\u00A0/g, ' ').replace(/\u2212/g, '-');
    const sv = wordingFor('sv', 'Europe/Stockholm');
    expect(plain(sv.money('1234.50', 'SEK'))).toBe('1 234,50 kr');
    expect(sv.date('2026-11-02')).toBe('2 november 2026');
    expect(plain(sv.period({ start: '2026-09-30T22:00:00Z', end: '2026-10-31T23:00:00Z' }))).toBe('1–31 okt. 2026');
    const nl = wordingFor('nl-BE', 'Europe/Brussels');
    expect([nl.locale, plain(nl.quantity('1234.5', 'kWh'))]).toEqual(['nl-BE', '1.234,5 kWh']);
    expect(wordingFor('fi', 'UTC').text('invoice')).toBe('Invoice');
  });
});
