import type { Address, Brand } from '@tollkeeper/tenancy';
import type { InvoiceParty } from '../invoice.js';
import type { BrandLook } from './brand-look.js';
import { addressAndFacts, heading, payBox, right, rowLayout, sectionTitle, sellerFooter, titleBlock } from './letterhead.js';
import { muted, type PdfNode } from './paper.js';
import { toPdf } from './pdf-document.js';
import type { RenderOptions } from './render-invoice.js';
import { timeZoneOf, type Wording, wordingFor } from './wording.js';

/** One movement on a partner's account, traceable to its invoice line. Amounts are decimal strings; negative is taken back. */
export interface PartnerStatementRow {
  readonly date: string;
  readonly invoiceNumber: string;
  readonly invoiceLine: number;
  readonly device: string;
  readonly meter: string;
  readonly base: string;
  readonly percentage: string;
  readonly amount: string;
}

/** A month of a partner's account, as printed. */
export interface PrintedPartnerStatement {
  readonly number: string;
  /** `yyyy-mm` */
  readonly month: string;
  readonly issuedOn: string;
  readonly currency: string;
  readonly language: string;
  readonly issuer: InvoiceParty;
  readonly partner: { readonly name: string; readonly address: Address };
  readonly opening: string;
  readonly earned: string;
  readonly clawedBack: string;
  readonly closing: string;
  readonly rows: readonly PartnerStatementRow[];
}

export function renderPartnerStatementPdf(
  statement: PrintedPartnerStatement,
  brand: Brand,
  options: RenderOptions,
): Promise<Uint8Array> {
  const { issuer, currency } = statement;
  const words = wordingFor(options.language ?? statement.language, options.timeZone ?? timeZoneOf(issuer.address.country));
  const month = new Intl.DateTimeFormat(words.locale, { month: 'long', year: 'numeric', timeZone: 'UTC' }).format(
    new Date(`${statement.month}-01T00:00:00Z`),
  );
  const title = words.text('statement');
  return toPdf(brand, words, {
    title: `${title} ${statement.number}`,
    runningTitle: `${title} ${month}`,
    author: issuer.name,
    createdAt: options.createdAt,
    footer: sellerFooter(issuer, words, brand.footer),
    content: (look) => [
      titleBlock(look, title, month),
      addressAndFacts(
        statement.partner,
        [
          [words.text('number'), statement.number],
          [words.text('date'), words.date(statement.issuedOn)],
          [words.text('opening'), words.money(statement.opening, currency)],
          [words.text('earned'), words.money(statement.earned, currency)],
          [words.text('clawedBack'), words.money(statement.clawedBack, currency)],
        ],
        issuer.address.country,
        words,
      ),
      payBox(look, words, { label: words.text('closing'), amount: words.money(statement.closing, currency) }),
      sectionTitle(look, words.text('specification')),
      statementTable(statement, look, words),
    ],
  });
}

/** Every movement with the invoice line, base and percentage that it comes from. */
function statementTable(statement: PrintedPartnerStatement, look: BrandLook, words: Wording): PdfNode {
  return {
    layout: rowLayout(look),
    fontSize: 8.5,
    table: {
      headerRows: 1,
      dontBreakRows: true,
      widths: ['auto', 'auto', '*', 60, 40, 72],
      body: [
        [
          heading(words.text('date')),
          heading(words.text('invoiceLine')),
          heading(words.text('device')),
          heading(words.text('base'), 'right'),
          heading(words.text('share'), 'right'),
          heading(`${words.text('commission')} ${statement.currency}`, 'right'),
        ],
        ...statement.rows.map((row) => [
          words.shortDate(row.date.slice(0, 10)),
          `${row.invoiceNumber}, ${row.invoiceLine}`,
          { text: [row.device, { text: `  ${row.meter}`, color: muted, fontSize: 7.5 }] },
          right(words.amount(row.base)),
          right(words.percent(row.percentage)),
          right(words.amount(row.amount)),
        ]),
      ],
    },
  };
}
