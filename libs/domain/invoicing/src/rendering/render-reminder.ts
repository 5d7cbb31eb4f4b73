import { minorUnitDigits, parseDecimal, sumDecimals } from '@tollkeeper/money';
import type { Brand, PaymentDetails } from '@tollkeeper/tenancy';
import type { InvoiceParty } from '../invoice.js';
import type { BrandLook } from './brand-look.js';
import { addressAndFacts, heading, payBox, right, rowLayout, sellerFooter, titleBlock } from './letterhead.js';
import { muted, type PdfNode } from './paper.js';
import { toPdf } from './pdf-document.js';
import type { RenderOptions } from './render-invoice.js';
import { timeZoneOf, type Wording, wordingFor } from './wording.js';

/** An overdue invoice as a reminder shows it. Amounts are decimal strings; `open` holds fees of earlier reminders. */
export interface OverdueItem {
  readonly number: string;
  readonly issuedOn: string;
  readonly dueOn: string;
  readonly amount: string;
  readonly open: string;
  readonly daysOverdue: number;
}

/** A letter that asks for what is overdue. */
export interface Reminder {
  readonly number: string;
  readonly issuedOn: string;
  readonly payBy: string;
  readonly currency: string;
  readonly language: string;
  readonly seller: InvoiceParty;
  readonly buyer: InvoiceParty;
  readonly items: readonly OverdueItem[];
  /** Charged with this letter and not in `open` yet; `0` when free. */
  readonly fee: string;
  readonly paymentReference: string;
  readonly paymentDetails: PaymentDetails;
  /** Whether devices are blocked already, or will be when it stays unpaid. */
  readonly block: 'none' | 'announced' | 'blocked';
}

export function renderReminderPdf(reminder: Reminder, brand: Brand, options: RenderOptions): Promise<Uint8Array> {
  const { seller, currency } = reminder;
  const words = wordingFor(options.language ?? reminder.language, options.timeZone ?? timeZoneOf(seller.address.country));
  const fee = parseDecimal(reminder.fee);
  const total = sumDecimals(reminder.items.map((item) => parseDecimal(item.open)))
    .plus(fee)
    .toFixed(minorUnitDigits(currency));
  const block =
    reminder.block === 'none'
      ? []
      : [words.text(reminder.block === 'blocked' ? 'reminderBlocked' : 'reminderBlock', { date: words.date(reminder.payBy) })];
  return toPdf(brand, words, {
    title: `${words.text('reminder')} ${reminder.number}`,
    runningTitle: `${words.text('reminder')} ${reminder.number}`,
    author: seller.name,
    createdAt: options.createdAt,
    footer: sellerFooter(seller, words, brand.footer),
    content: (look) => [
      titleBlock(look, words.text('reminder'), reminder.number),
      addressAndFacts(reminder.buyer, [[words.text('date'), words.date(reminder.issuedOn)]], seller.address.country, words),
      { text: words.text('reminderIntro'), fontSize: 10, margin: [0, 0, 0, 8] },
      ...block.map((text) => ({ text, fontSize: 10, bold: true, margin: [0, 0, 0, 8] })),
      { text: '', margin: [0, 0, 0, 6] },
      payBox(look, words, {
        label: words.text('toPay'),
        amount: words.money(total, currency),
        payment: {
          dueLabel: words.text('payBy'),
          due: words.date(reminder.payBy),
          reference: reminder.paymentReference,
          details: reminder.paymentDetails,
        },
      }),
      overdueTable(reminder, look, words),
    ],
  });
}

/** What is overdue, invoice by invoice, and the fee of this letter. */
function overdueTable(reminder: Reminder, look: BrandLook, words: Wording): PdfNode {
  return {
    layout: rowLayout(look),
    table: {
      headerRows: 1,
      dontBreakRows: true,
      widths: ['*', 'auto', 'auto', 90, 90],
      body: [
        [
          heading(words.text('invoice')),
          heading(words.text('issued')),
          heading(words.text('due')),
          heading(`${words.text('originalAmount')} ${reminder.currency}`, 'right'),
          heading(`${words.text('open')} ${reminder.currency}`, 'right'),
        ],
        ...reminder.items.map((item) => [
          { text: item.number, bold: true },
          words.shortDate(item.issuedOn),
          {
            text: [
              words.shortDate(item.dueOn),
              { text: `  ${words.text('daysOverdue', { n: String(item.daysOverdue) })}`, color: muted, fontSize: 7.5 },
            ],
          },
          right(words.amount(item.amount)),
          right(words.amount(item.open)),
        ]),
        ...(parseDecimal(reminder.fee).isZero() ? [] : [[words.text('reminderFee'), '', '', '', right(words.amount(reminder.fee))]]),
      ],
    },
  };
}
