import { type Address, type PaymentDetails, printBankgiro, printIban } from '@tollkeeper/tenancy';
import type { InvoiceParty } from '../invoice.js';
import { printPaymentReference } from '../payment-reference.js';
import type { BrandLook } from './brand-look.js';
import { hairline, muted, type PdfNode, type PdfValue } from './paper.js';
import type { Wording } from './wording.js';

export type Fact = readonly [label: string, value: string];

/** Logo left, kind and number of the document right. */
export function titleBlock(look: BrandLook, title: string, subtitle: string): PdfNode {
  return {
    columns: [
      { width: '*', stack: [logo(look)] },
      {
        width: 'auto',
        stack: [
          { text: title, fontSize: 22, bold: true, alignment: 'right', color: look.primaryInk, lineHeight: 1 },
          { text: subtitle, fontSize: 10, alignment: 'right', color: muted, margin: [0, 3, 0, 0] },
        ],
      },
    ],
    margin: [0, 0, 0, 26],
  };
}

function logo(look: BrandLook): PdfNode {
  if (look.logo && 'svg' in look.logo) return { svg: look.logo.svg, fit: [170, 44] };
  if (look.logo) return { image: look.logo.image, fit: [170, 44] };
  return { text: look.name, fontSize: 20, bold: true, color: look.primaryInk };
}

/** The recipient where a window envelope shows it, and the facts of the document beside. */
export function addressAndFacts(
  recipient: Pick<InvoiceParty, 'name' | 'address'>,
  facts: readonly Fact[],
  homeCountry: string,
  words: Wording,
): PdfNode {
  return {
    columns: [
      {
        width: '*',
        stack: [
          { text: recipient.name, bold: true, fontSize: 10.5 },
          ...addressLines(recipient.address, homeCountry, words).map((line) => ({ text: line, fontSize: 10 })),
        ],
      },
      {
        width: 236,
        layout: 'noBorders',
        table: {
          widths: [96, '*'],
          body: facts.map(([label, value]) => [
            { text: label, color: muted },
            { text: value, alignment: 'right' },
          ]),
        },
      },
    ],
    margin: [0, 0, 0, 22],
  };
}

function addressLines(address: Address, homeCountry: string, words: Wording): readonly string[] {
  // Partners may have no address, and erased customers have none any more.
  const country =
    address.country === homeCountry || address.country === ''
      ? ''
      : (new Intl.DisplayNames(words.locale, { type: 'region' }).of(address.country) ?? address.country);
  return [...address.lines, `${address.postalCode} ${address.city}`.trim(), country].filter((line) => line !== '');
}

export interface PayBox {
  readonly label: string;
  readonly amount: string;
  /** Absent when there is nothing to pay. */
  readonly payment?: {
    readonly dueLabel: string;
    readonly due: string;
    readonly reference: string;
    readonly details: PaymentDetails;
  };
}

/** What a reader looks for first: how much, until when, with which reference, to which account. */
export function payBox(look: BrandLook, words: Wording, box: PayBox): PdfNode {
  const big = (label: string, value: string, size: number, color?: string): PdfNode => ({
    stack: [
      { text: label, fontSize: 8, color: muted },
      { text: value, fontSize: size, bold: true, color, margin: [0, 2, 0, 0], lineHeight: 1 },
    ],
  });
  const cells: PdfNode[] = [big(box.label, box.amount, 21, look.primaryInk)];
  if (box.payment) {
    const { dueLabel, due, reference, details } = box.payment;
    cells.push(big(dueLabel, due, 12), {
      stack: [big(words.text('reference'), printPaymentReference(reference), 12), ...accountLines(details, words)],
    });
  }
  return {
    unbreakable: true,
    margin: [0, 0, 0, 22],
    stack: [
      {
        layout: {
          hLineWidth: () => 0,
          vLineWidth: (i: number) => (i === 0 ? 4 : 0),
          vLineColor: () => look.primary,
          paddingLeft: (i: number) => (i === 0 ? 14 : 10),
          paddingRight: () => 10,
          paddingTop: () => 12,
          paddingBottom: () => 12,
        },
        table: { widths: box.payment ? ['*', 120, 176] : ['*'], body: [cells.map((cell) => filled(cell, look.tint))] },
      },
      ...(box.payment ? [{ text: words.text('referenceHint'), fontSize: 7.5, color: muted, margin: [0, 5, 0, 0] }] : []),
    ],
  };
}

function accountLines(details: PaymentDetails, words: Wording): PdfNode[] {
  const lines: Fact[] = [];
  if (details.bankgiro) lines.push([words.text('bankgiro'), printBankgiro(details.bankgiro)]);
  if (details.iban) lines.push([words.text('iban'), printIban(details.iban)]);
  if (details.bic) lines.push([words.text('bic'), details.bic]);
  return lines.map(([label, value], i) => ({
    text: [
      { text: `${label}  `, color: muted, fontSize: 8 },
      { text: value, fontSize: 8.5 },
    ],
    margin: [0, i === 0 ? 7 : 1, 0, 0],
  }));
}

function filled(cell: PdfNode, fillColor: string): PdfValue {
  return typeof cell === 'object' && !Array.isArray(cell) ? { ...cell, fillColor } : { text: cell, fillColor };
}

export function sectionTitle(look: BrandLook, text: string, extra: { [key: string]: PdfValue } = {}): PdfNode {
  return { text, fontSize: 12.5, bold: true, color: look.primaryInk, margin: [0, 0, 0, 6], headlineLevel: 1, ...extra };
}

/** Hairlines between rows, a stronger line under the heading. */
export function rowLayout(look: BrandLook, headerRows = 1): PdfValue {
  return {
    hLineWidth: (i: number, node: { table: { body: unknown[] } }) =>
      i === headerRows && headerRows > 0 ? 1 : i === 0 || i === node.table.body.length ? 0 : 0.5,
    hLineColor: (i: number) => (i === headerRows && headerRows > 0 ? look.primary : hairline),
    vLineWidth: () => 0,
    paddingLeft: (i: number) => (i === 0 ? 0 : 6),
    paddingRight: (i: number, node: { table: { widths: unknown[] } }) => (i === node.table.widths.length - 1 ? 0 : 6),
    paddingTop: () => 2.5,
    paddingBottom: () => 2.5,
  };
}

export function heading(text: string, alignment: 'left' | 'right' = 'left'): PdfNode {
  return { text, fontSize: 8, color: muted, alignment };
}

export function right(text: string, extra: { [key: string]: PdfValue } = {}): PdfNode {
  return { text, alignment: 'right', ...extra };
}

/** The seller as Article 226 (3) and (5) of Directive 2006/112/EC want it, at the foot of every page. */
export function sellerFooter(seller: InvoiceParty, words: Wording, brandFooter?: string): string {
  const { address } = seller;
  return [
    seller.name,
    [...address.lines, `${address.postalCode} ${address.city}`.trim(), address.country].filter((part) => part !== '').join(', '),
    seller.registrationNumber && `${words.text('registration')} ${seller.registrationNumber}`,
    seller.vatNumber && `${words.text('vatNumber')} ${seller.vatNumber}`,
    seller.email,
    brandFooter,
  ]
    .filter((part) => part)
    .join('  ·  ');
}
