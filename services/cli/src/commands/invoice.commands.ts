import type { ApiClient, Wire } from '@tollkeeper/api-client';
import type { invoicingV1 } from '@tollkeeper/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.js';
import { findBillingEntity, findCustomer, findInvoice } from '../lookup/find-by-name.js';
import { saveDownload } from '../terminal/save-download.js';
import type { Column } from '../terminal/table.js';
import { amount, period, quantity, words } from '../terminal/wording.js';
import { examples, limitOption } from './options.js';

type Invoice = Wire<invoicingV1.Invoice>;
type InvoiceLine = Invoice['lines'][number];

const invoiceColumns: readonly Column<Invoice>[] = [
  { head: 'NUMBER', cell: ({ number = '' }) => number },
  { head: 'KIND', cell: ({ kind = '' }) => words(kind) },
  { head: 'ISSUED', cell: ({ issue_date = '' }) => issue_date },
  { head: 'DUE', cell: ({ due_date = '' }) => due_date },
  { head: 'CUSTOMER', cell: ({ buyer, customer_id = '' }) => buyer?.name ?? customer_id, cut: true },
  { head: 'NET', cell: ({ net, currency }) => amount(net, currency), right: true },
  { head: 'VAT', cell: ({ tax, currency }) => amount(tax, currency), right: true },
  { head: 'TOTAL', cell: ({ total, currency }) => amount(total, currency), right: true },
  { head: 'REFERENCE', cell: ({ reference = '' }) => reference },
  { head: 'ID', cell: ({ id }) => id },
];

interface ListOptions {
  readonly customer?: string;
  readonly entity?: string;
  readonly billRun?: string;
  readonly number?: string;
  readonly limit?: number;
}

interface CreditLine {
  readonly number: number;
  readonly net?: string;
}

interface CreditOptions {
  readonly reason: string;
  readonly line?: readonly CreditLine[];
}

export function invoiceCommands(program: Command, cli: Cli): void {
  const group = program.command('invoice').description('invoices and credit notes');
  group
    .command('list')
    .description('invoices and credit notes, newest first')
    .option('--customer <customer>', 'of one customer: id, reference or name')
    .option('--entity <entity>', 'of one billing entity: id, series or name')
    .option('--bill-run <id>', 'of one bill run')
    .option('--number <number>', 'the one with this number')
    .addOption(limitOption())
    .addHelpText('after', examples('invoice list', 'invoice list --customer 10042 --json'))
    .action((options: ListOptions) => list(cli, options));
  group
    .command('show')
    .description('an invoice with every line')
    .argument('<invoice>', 'id or number')
    .addHelpText('after', examples('invoice show SE-2026-000001'))
    .action((called: string) => show(cli, called));
  group
    .command('pdf')
    .description('the PDF that the customer gets')
    .argument('<invoice>', 'id or number')
    .option('--out <file>', 'where to write it, - for standard output; default: its own name in this folder')
    .addHelpText('after', examples('invoice pdf SE-2026-000001', 'invoice pdf SE-2026-000001 --out - > invoice.pdf'))
    .action((called: string, { out }: { readonly out?: string }) => pdf(cli, called, out));
  group
    .command('credit')
    .description('take an invoice back, in whole or by line')
    .argument('<invoice>', 'id or number')
    .requiredOption('--reason <text>', 'why, as the customer reads it')
    .option('--line <number[=net]>', 'only this line, or so much of it; may stand several times', creditLines)
    .addHelpText(
      'after',
      examples(
        'invoice credit SE-2026-000001 --reason "Charged twice"',
        'invoice credit SE-2026-000001 --reason "Out of order" --line 1 --line 3=25.00',
      ),
    )
    .action((called: string, options: CreditOptions) => credit(cli, called, options));
}

async function list(cli: Cli, { customer, entity, billRun, number, limit }: ListOptions): Promise<void> {
  const client = await cli.client();
  const query = {
    customer_id: customer === undefined ? undefined : await findCustomer(client, customer),
    billing_entity_id: entity === undefined ? undefined : await findBillingEntity(client, entity),
    bill_run_id: billRun,
    number,
  };
  await cli.output.list(client.list<Invoice>('/v1/invoices', query), { columns: invoiceColumns, empty: 'No invoices yet.', limit });
}

async function show(cli: Cli, called: string): Promise<void> {
  const client = await cli.client();
  await cli.output.show(await read(client, called), (invoice) => showInvoice(cli, invoice));
}

async function read(client: ApiClient, called: string): Promise<Invoice> {
  return client.get<Invoice>(`/v1/invoices/${await findInvoice(client, called)}`);
}

const lineColumns = (currency: string | undefined): readonly Column<InvoiceLine>[] => [
  { head: '#', cell: ({ number }) => String(number), right: true },
  { head: 'DEVICE', cell: ({ device = '', device_name: name }) => (name === undefined ? device : `${device} ${name}`), cut: true },
  { head: 'DEPARTMENT', cell: ({ department_name: name, department = '' }) => name ?? department, cut: true },
  {
    head: 'DESCRIPTION',
    cell: ({ description = '', meter = '', adjustment }) => `${description || meter}${adjustment ? ' (adjustment)' : ''}`,
    cut: true,
  },
  { head: 'PERIOD', cell: ({ period_start, period_end }) => period(period_start, period_end) },
  { head: 'QUANTITY', cell: (line) => quantity(line.quantity, line.unit), right: true },
  { head: 'PRICE', cell: ({ price_text = '' }) => price_text, cut: true },
  { head: 'VAT', cell: ({ vat_rate: rate }) => (rate === undefined ? '' : `${rate} %`), right: true },
  { head: 'NET', cell: ({ net }) => amount(net, currency), right: true },
];

async function showInvoice({ output }: Cli, invoice: Invoice): Promise<void> {
  const { currency } = invoice;
  const note = invoice.kind === 'credit_note';
  await output.line(output.strong(`${note ? 'Credit note' : 'Invoice'} ${invoice.number ?? ''}`));
  await output.facts([
    ['id', invoice.id],
    ['seller', invoice.seller?.name],
    ['customer', invoice.buyer?.name ?? invoice.customer_id],
    ['corrects', invoice.corrects_number],
    ['reason', invoice.reason],
    ['issued', invoice.issue_date],
    ['due', invoice.due_date],
    ['reference', invoice.reference],
    ['proof', invoice.hash === undefined ? undefined : `${invoice.chain ?? ''} entry ${invoice.n}, ${invoice.hash}`],
  ]);
  await output.line();
  await output.table(lineColumns(currency), invoice.lines);
  await output.line();
  await output.table(
    [
      { head: 'SUM', cell: ([name]: readonly [string, string]) => name },
      { head: 'AMOUNT', cell: ([, text]: readonly [string, string]) => text, right: true },
    ],
    sums(invoice),
  );
  for (const { note: ground } of invoice.vat) if (ground !== undefined) await output.line(ground);
}

function sums({ currency, net, vat, rounding, total }: Invoice): (readonly [string, string])[] {
  return [
    ['net', amount(net, currency)],
    ...vat.map((rate) => [`VAT ${rate.rate ?? ''} % of ${amount(rate.net, currency)}`, amount(rate.vat, currency)] as const),
    ...(rounding === undefined || Number(rounding) === 0 ? [] : [['rounding', amount(rounding, currency)] as const]),
    ['total', amount(total, currency)],
  ];
}

async function pdf(cli: Cli, called: string, out: string | undefined): Promise<void> {
  const client = await cli.client();
  const id = await findInvoice(client, called);
  await saveDownload(cli, await client.download(`/v1/invoices/${id}/pdf`, 'application/pdf'), out, `${id}.pdf`);
}

async function credit(cli: Cli, called: string, { reason, line = [] }: CreditOptions): Promise<void> {
  const client = await cli.client();
  const id = await findInvoice(client, called);
  const note = await client.post<Invoice>(`/v1/invoices/${id}/credit-notes`, { reason, ...(line.length === 0 ? {} : { lines: line }) });
  await cli.output.show(note, async () => {
    await cli.output.line(
      `Credit note ${note.number ?? ''} of ${amount(note.total, note.currency)} for invoice ${note.corrects_number ?? called}.`,
    );
  });
}

function creditLines(text: string, before: readonly CreditLine[] = []): readonly CreditLine[] {
  const [, number = '', net] = /^([1-9]\d{0,6})(?:=(.+))?$/.exec(text) ?? [];
  if (number === '') throw new InvalidArgumentError('It is the number of a line, or number=net such as 3=25.00.');
  return [...before, { number: Number(number), ...(net === undefined ? {} : { net }) }];
}
