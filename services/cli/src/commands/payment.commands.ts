import { basename } from 'node:path';
import { RawBody, type Wire } from '@tollkeeper/api-client';
import type { receivablesV1 } from '@tollkeeper/contracts';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { wholeInput } from '../input/open-input.js';
import { findCustomer, findInvoice } from '../lookup/find-by-name.js';
import { InputFault, WrongUsage } from '../outcome.js';
import type { Column } from '../terminal/table.js';
import { amount, plural, time } from '../terminal/wording.js';
import { examples, limitOption, moment } from './options.js';

type Payment = Wire<receivablesV1.Payment>;
type PaymentImport = Wire<receivablesV1.PaymentImport>;

const paymentColumns: readonly Column<Payment>[] = [
  { head: 'RECEIVED', cell: ({ received_at: at }) => time(at) },
  { head: 'STATUS', cell: ({ status = '' }) => status },
  { head: 'PAYER', cell: ({ payer = '' }) => payer, cut: true },
  { head: 'REFERENCE', cell: ({ reference = '' }) => reference, cut: true },
  { head: 'PAID', cell: ({ allocations }) => allocations.map(({ number = '' }) => number).join(', '), cut: true },
  { head: 'AMOUNT', cell: (payment) => amount(payment.amount, payment.currency), right: true },
  {
    head: 'LEFT',
    cell: ({ unallocated, currency }) => (unallocated === undefined || Number(unallocated) === 0 ? '' : amount(unallocated, currency)),
    right: true,
  },
  { head: 'ID', cell: ({ id }) => id },
];

interface AddOptions {
  readonly amount: string;
  readonly currency: string;
  readonly reference?: string;
  readonly customer?: string;
  readonly payer?: string;
  readonly received?: string;
  readonly bankIdentity?: string;
  readonly text?: string;
}

interface ListOptions {
  readonly status?: string;
  readonly customer?: string;
  readonly limit?: number;
}

interface AssignOptions {
  readonly customer?: string;
  readonly invoice?: string;
}

export function paymentCommands(program: Command, cli: Cli): void {
  const group = program.command('payment').description('money that arrived');
  group
    .command('add')
    .description('book one payment; it is matched by its reference')
    .requiredOption('--amount <amount>', 'such as 1250.00')
    .requiredOption('--currency <code>', 'such as SEK')
    .option('--reference <reference>', 'OCR or RF reference of the invoice')
    .option('--customer <customer>', 'id, reference or name, where the reference names no invoice')
    .option('--payer <name>', 'who paid')
    .option('--received <time>', 'default: now', moment)
    .option('--bank-identity <id>', 'identity at the bank: the same payment twice is one')
    .option('--text <text>', 'what the payer wrote')
    .addHelpText('after', examples('payment add --amount 1250.00 --currency SEK --reference 10042017'))
    .action((options: AddOptions) => add(cli, options));
  group
    .command('import')
    .description("book a bank's file: camt.053, camt.054 or Bankgirot; the same payment twice is one")
    .argument('<file>', '- for standard input')
    .addHelpText('after', examples('payment import camt054.xml'))
    .action((file: string) => importFile(cli, file));
  group
    .command('list')
    .description('payments, newest first')
    .addOption(new Option('--status <status>', 'only these').choices(['matched', 'partial', 'overpaid', 'unmatched']))
    .option('--customer <customer>', 'of one customer: id, reference or name')
    .addOption(limitOption())
    .addHelpText('after', examples('payment list', 'payment list --status unmatched'))
    .action((options: ListOptions) => list(cli, options));
  group
    .command('assign')
    .description('give an unmatched payment to a customer or an invoice')
    .argument('<payment>', 'id')
    .option('--customer <customer>', 'id, reference or name')
    .option('--invoice <invoice>', 'id or number')
    .addHelpText('after', examples('payment assign pay_01… --invoice SE-2026-000001'))
    .action((payment: string, options: AssignOptions) => assign(cli, payment, options));
}

async function add(cli: Cli, options: AddOptions): Promise<void> {
  const client = await cli.client();
  const payment = await client.post<Payment>('/v1/payments', {
    amount: options.amount,
    currency: options.currency.toUpperCase(),
    reference: options.reference,
    customer_id: options.customer === undefined ? undefined : await findCustomer(client, options.customer),
    payer: options.payer,
    received_at: options.received,
    bank_identity: options.bankIdentity,
    text: options.text,
  });
  await cli.output.show(payment, (made) => showPayment(cli, made));
}

async function importFile(cli: Cli, file: string): Promise<void> {
  const client = await cli.client();
  const content = await wholeInput(cli.terminal, file);
  if (content.length === 0)
    throw new InputFault(file, 'the file is empty', {}, "It should be a bank's payment file (camt.053, camt.054 or Bankgirot).");
  const name = file === '-' ? undefined : basename(file).slice(0, 200);
  const done = await client.post<PaymentImport>('/v1/payments/import', new RawBody('application/octet-stream', content), {
    query: { name },
  });
  await cli.output.show(done, async ({ items }) => {
    if (items.length > 0) await cli.output.table(paymentColumns, items);
    await cli.output.line(importText(done));
  });
}

function importText({ format = '', payments, matched, unmatched, repeated, skipped, total, currency }: PaymentImport): string {
  const more = [
    `${matched} matched`,
    `${unmatched} unmatched`,
    ...(repeated > 0 ? [`${repeated} known already`] : []),
    ...(skipped > 0 ? [`${plural(skipped, 'entry', 'entries')} skipped that no customer paid`] : []),
  ];
  return `${format}: ${plural(payments, 'payment')}, ${amount(total, currency)}: ${more.join(', ')}.`;
}

async function list(cli: Cli, { status, customer, limit }: ListOptions): Promise<void> {
  const client = await cli.client();
  const query = { status, customer_id: customer === undefined ? undefined : await findCustomer(client, customer) };
  await cli.output.list(client.list<Payment>('/v1/payments', query), { columns: paymentColumns, empty: 'No payments yet.', limit });
}

async function assign(cli: Cli, payment: string, { customer, invoice }: AssignOptions): Promise<void> {
  if (customer === undefined && invoice === undefined)
    throw new WrongUsage('To whom?', 'Name a customer by --customer or an invoice by --invoice.');
  const client = await cli.client();
  const assigned = await client.post<Payment>(`/v1/payments/${encodeURIComponent(payment)}/assign`, {
    customer_id: customer === undefined ? undefined : await findCustomer(client, customer),
    invoice_id: invoice === undefined ? undefined : await findInvoice(client, invoice),
  });
  await cli.output.show(assigned, (one) => showPayment(cli, one));
}

async function showPayment({ output }: Cli, payment: Payment): Promise<void> {
  const { currency } = payment;
  await output.line(`Payment ${payment.id} of ${amount(payment.amount, currency)}: ${payment.status ?? ''}.`);
  for (const { number = '', amount: part } of payment.allocations) await output.line(`  ${amount(part, currency)} paid invoice ${number}.`);
  if (payment.unallocated === undefined || Number(payment.unallocated) === 0) return;
  const why =
    payment.status === 'unmatched' ? `waits: \`tollkeeper payment assign ${payment.id} --customer …\`` : 'is credit of the customer';
  await output.line(`  ${amount(payment.unallocated, currency)} ${why}.`);
}
