import type { Instant } from '@tollkeeper/kernel';
import { type Brand } from '@tollkeeper/tenancy';
import type { Invoice } from '../invoice.js';
import type { BrandLook } from './brand-look.js';
import { specification, summary, usagePages } from './invoice-tables.js';
import { addressAndFacts, type Fact, type PayBox, payBox, sellerFooter, titleBlock } from './letterhead.js';
import { ink, type PdfNode } from './paper.js';
import { toPdf } from './pdf-document.js';
import { timeZoneOf, type Wording, wordingFor } from './wording.js';

export interface RenderOptions {
  /** Written into the file as its date of creation, so that the same values give the same document. */
  readonly createdAt: Instant;
  /** BCP 47; absent: the invoice's own. */
  readonly language?: string;
  /** IANA name; absent: that of the seller's country. */
  readonly timeZone?: string;
}

/** The invoice or credit note as a PDF in the brand's look: A4, what to pay first, then why, then the usage statement. */
export function renderInvoicePdf(invoice: Invoice, brand: Brand, options: RenderOptions): Promise<Uint8Array> {
  const words = wordingFor(options.language ?? invoice.language, options.timeZone ?? timeZoneOf(invoice.seller.address.country));
  const kind = words.text(invoice.kind === 'invoice' ? 'invoice' : 'creditNote');
  return toPdf(brand, words, {
    title: `${kind} ${invoice.number}`,
    runningTitle: `${kind} ${invoice.number}  ·  ${words.date(invoice.issuedOn)}`,
    author: invoice.seller.name,
    createdAt: options.createdAt,
    footer: sellerFooter(invoice.seller, words, brand.footer),
    content: (look) => invoiceContent(invoice, look, words, kind),
  });
}

function invoiceContent(invoice: Invoice, look: BrandLook, words: Wording, kind: string): PdfNode[] {
  return [
    titleBlock(look, kind, invoice.number),
    addressAndFacts(invoice.buyer, factsOf(invoice, words), invoice.seller.address.country, words),
    payBox(look, words, payBoxOf(invoice, words)),
    ...noteOf(invoice, words),
    summary(invoice, look, words),
    ...specification(invoice, look, words),
    ...usagePages(invoice, look, words),
  ];
}

function factsOf(invoice: Invoice, words: Wording): readonly Fact[] {
  const facts: Fact[] = [[words.text('issued'), words.date(invoice.issuedOn)]];
  if (invoice.kind === 'invoice') {
    facts.push(
      [words.text('due'), words.date(invoice.dueOn)],
      [words.text('terms'), words.text('days', { n: String(invoice.paymentTermsDays) })],
    );
  }
  if (invoice.credits) {
    const { number, issuedOn } = invoice.credits;
    facts.push([words.text('originalInvoice'), words.text('ofDate', { number, date: words.shortDate(issuedOn) })]);
  }
  facts.push([words.text('supplyPeriod'), words.period(invoice.period)]);
  if (invoice.buyer.registrationNumber && invoice.buyer.address.country === invoice.seller.address.country)
    facts.push([words.text('registration'), invoice.buyer.registrationNumber]);
  if (invoice.buyer.vatNumber) facts.push([words.text('yourVatNumber'), invoice.buyer.vatNumber]);
  if (invoice.reason) facts.push([words.text('reason'), invoice.reason]);
  return facts;
}

function payBoxOf(invoice: Invoice, words: Wording): PayBox {
  const { totals, currency } = invoice;
  if (invoice.kind === 'credit_note' || totals.total.startsWith('-')) {
    return { label: words.text('toCredit'), amount: words.money(totals.total.replace(/^-/, ''), currency) };
  }
  if (Number(totals.total) === 0) return { label: words.text('nothingToPay'), amount: words.money(totals.total, currency) };
  return {
    label: words.text('toPay'),
    amount: words.money(totals.total, currency),
    payment: {
      dueLabel: words.text('payBy'),
      due: words.date(invoice.dueOn),
      reference: invoice.paymentReference,
      details: invoice.paymentDetails,
    },
  };
}

/** Article 226 (11) and (11a): why no tax is charged, in words. */
function noteOf(invoice: Invoice, words: Wording): PdfNode[] {
  if (invoice.taxTreatment === 'domestic') return [];
  return [{ text: words.text(invoice.taxTreatment), color: ink, bold: true, margin: [0, 0, 0, 14] }];
}
