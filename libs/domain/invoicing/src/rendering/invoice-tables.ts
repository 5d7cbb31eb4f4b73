import type { DepartmentGroup, DeviceGroup, Invoice, InvoiceLine } from '../invoice.js';
import type { BrandLook } from './brand-look.js';
import { heading, right, rowLayout, sectionTitle } from './letterhead.js';
import { muted, type PdfNode, type PdfValue } from './paper.js';
import type { Wording } from './wording.js';

const specificationWidths = ['*', 92, 44, 78];

/** Net per department where there are several, then the tax per rate and the totals. */
export function summary(invoice: Invoice, look: BrandLook, words: Wording): PdfNode {
  return {
    unbreakable: invoice.groups.length < 20,
    margin: [0, 0, 0, 20],
    stack: [
      sectionTitle(look, words.text('summary')),
      ...(invoice.groups.length > 1 ? [departmentTable(invoice, look, words)] : []),
      taxAndTotals(invoice, look, words),
    ],
  };
}

function departmentTable(invoice: Invoice, look: BrandLook, words: Wording): PdfNode {
  return {
    margin: [0, 0, 0, 12],
    layout: rowLayout(look),
    table: {
      headerRows: 1,
      dontBreakRows: true,
      widths: ['*', 80, 110],
      body: [
        [
          heading(words.text('department')),
          heading(words.text('devices'), 'right'),
          heading(`${words.text('net')} ${invoice.currency}`, 'right'),
        ],
        ...invoice.groups.map((group) => [
          groupName(group, words),
          right(deviceCount(group, words)),
          right(words.amount(group.net)),
        ]),
      ],
    },
  };
}

function deviceCount(group: DepartmentGroup, words: Wording): string {
  const count = group.devices.filter((device) => device.device !== undefined).length;
  return count === 0 ? '' : words.count(count);
}

function taxAndTotals(invoice: Invoice, look: BrandLook, words: Wording): PdfNode {
  const { totals, currency } = invoice;
  const rows: [string, string][] = [
    [words.text('sumNet'), totals.net],
    [words.text('sumTax'), totals.tax],
  ];
  if (Number(totals.rounding) !== 0) rows.push([words.text('rounding'), totals.rounding]);
  return {
    columnGap: 28,
    columns: [
      {
        width: '*',
        layout: rowLayout(look),
        table: { headerRows: 1, widths: ['auto', '*', '*'], body: taxRows(invoice, words) },
      },
      {
        width: 220,
        layout: totalLayout(look, rows.length),
        table: {
          widths: ['*', 'auto'],
          body: [
            ...rows.map(([label, value]) => [{ text: label, color: muted }, right(words.amount(value))]),
            [
              { text: words.text('total'), bold: true, fontSize: 11 },
              right(words.money(totals.total, currency), { bold: true, fontSize: 11 }),
            ],
          ],
        },
      },
    ],
  };
}

function taxRows(invoice: Invoice, words: Wording): PdfValue[] {
  return [
    [heading(words.text('rate')), heading(words.text('taxable'), 'right'), heading(words.text('vat'), 'right')],
    ...invoice.taxes.map((tax) => [
      tax.taxCategory === 'exempt' ? words.text('exempt') : words.percent(tax.rate),
      right(words.amount(tax.net)),
      right(words.amount(tax.tax)),
    ]),
  ];
}

function totalLayout(look: BrandLook, totalRow: number): PdfValue {
  return {
    hLineWidth: (i: number) => (i === totalRow ? 1 : 0),
    hLineColor: () => look.primary,
    vLineWidth: () => 0,
    paddingLeft: () => 0,
    paddingRight: () => 0,
    paddingTop: (i: number) => (i === totalRow ? 6 : 3),
    paddingBottom: () => 3,
  };
}

/** Every line, by department and device. Each device is a table of its own, whose first row follows it over a page break. */
export function specification(invoice: Invoice, look: BrandLook, words: Wording): PdfNode[] {
  const byNumber = new Map(invoice.lines.map((line) => [line.number, line]));
  const nodes: PdfNode[] = [
    sectionTitle(look, words.text('specification')),
    {
      layout: rowLayout(look),
      table: {
        widths: specificationWidths,
        headerRows: 1,
        body: [
          [
            heading(words.text('description')),
            heading(words.text('quantity'), 'right'),
            heading(words.text('vat'), 'right'),
            heading(`${words.text('net')} ${invoice.currency}`, 'right'),
          ],
        ],
      },
    },
  ];
  for (const group of invoice.groups) {
    if (invoice.groups.length > 1) nodes.push(groupHeading(group, look, words));
    for (const device of group.devices) nodes.push(deviceTable(invoice, device, byNumber, look, words));
  }
  return nodes;
}

function groupHeading(group: DepartmentGroup, look: BrandLook, words: Wording): PdfNode {
  return {
    margin: [0, 10, 0, 2],
    layout: {
      hLineWidth: () => 0,
      vLineWidth: () => 0,
      paddingLeft: () => 0,
      paddingRight: () => 0,
      paddingTop: () => 0,
      paddingBottom: () => 0,
    },
    table: {
      widths: ['*', 'auto'],
      body: [
        [
          {
            text: groupName(group, words),
            bold: true,
            fontSize: 10,
            fillColor: look.tint,
            color: look.primaryInk,
            margin: [6, 3, 0, 3],
          },
          right(words.amount(group.net), { bold: true, fillColor: look.tint, color: look.primaryInk, margin: [0, 3, 0, 3] }),
        ],
      ],
    },
  };
}

/** A device with one line takes one row; with more it has a heading, which follows it over a page break. */
function deviceTable(
  invoice: Invoice,
  group: DeviceGroup,
  byNumber: ReadonlyMap<number, InvoiceLine>,
  look: BrandLook,
  words: Wording,
): PdfNode {
  const lines = group.lines.flatMap((number) => byNumber.get(number) ?? []);
  const headed = group.device !== undefined && lines.length > 1;
  const head: PdfValue[] = [{ text: group.device ?? '', bold: true }, '', '', right(words.amount(group.net), { bold: true })];
  const rows = lines.map((line) => lineRow(invoice, line, headed, words));
  return {
    margin: [0, 0, 0, headed ? 4 : 0],
    layout: rowLayout(look, 0),
    table: {
      widths: specificationWidths,
      headerRows: headed ? 1 : 0,
      keepWithHeaderRows: 1,
      dontBreakRows: true,
      body: headed ? [head, ...rows] : rows,
    },
  };
}

function lineRow(invoice: Invoice, line: InvoiceLine, underHeading: boolean, words: Wording): PdfValue[] {
  const samePeriod = line.period.start === invoice.period.start && line.period.end === invoice.period.end;
  const notes = [
    line.adjustment
      ? words.text('adjustment', { period: words.period(line.period) })
      : samePeriod
        ? ''
        : words.period(line.period),
    line.priceDescription ?? '',
  ].filter((note) => note !== '');
  return [
    {
      margin: [underHeading ? 10 : 0, 0, 0, 0],
      text: [
        ...(line.device === undefined || underHeading ? [] : [{ text: `${line.device}   `, bold: true }]),
        line.description,
        ...(notes.length > 0 ? [{ text: `   ${notes.join('  ·  ')}`, fontSize: 7.5, color: muted }] : []),
      ],
    },
    right(words.quantity(line.quantity, line.unit)),
    right(line.taxCategory === 'exempt' ? '–' : words.percent(line.taxRate)),
    right(words.amount(line.net)),
  ];
}

/** Quantities and events per device and meter, on pages of their own. */
export function usagePages(invoice: Invoice, look: BrandLook, words: Wording): PdfNode[] {
  if (invoice.usage.length === 0) return [];
  return [
    sectionTitle(look, words.text('usageStatement'), { pageBreak: 'before', fontSize: 15 }),
    { text: words.text('usageIntro'), color: muted, margin: [0, 0, 0, 10] },
    {
      layout: rowLayout(look),
      table: {
        headerRows: 1,
        dontBreakRows: true,
        widths: ['*', 'auto', 'auto', 84, 44],
        body: [
          [
            heading(words.text('device')),
            heading(words.text('meter')),
            heading(words.text('period')),
            heading(words.text('quantity'), 'right'),
            heading(words.text('events'), 'right'),
          ],
          ...invoice.usage.map((row, i) => [
            invoice.usage[i - 1]?.device === row.device
              ? ''
              : {
                  stack: [
                    { text: row.device, bold: true },
                    ...(row.department ? [{ text: row.department.name, fontSize: 7.5, color: muted }] : []),
                  ],
                },
            row.meter,
            row.adjustment
              ? { text: words.text('adjustment', { period: words.period(row.period) }), italics: true }
              : words.period(row.period),
            right(words.quantity(row.quantity, row.unit)),
            right(words.count(row.events)),
          ]),
        ],
      },
    },
  ];
}

function groupName(group: DepartmentGroup, words: Wording): string {
  if (group.department) return group.department.name;
  return words.text(group.devices.every((device) => device.device === undefined) ? 'customerFees' : 'noDepartment');
}
