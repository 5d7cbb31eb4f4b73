import type { ApiClient, Wire } from '@tollkeeper/api-client';
import type { receivablesV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { findCustomer } from '../lookup/find-by-name.js';
import type { ItemOf } from '../lookup/items.js';
import type { Column } from '../terminal/table.js';
import { amount, count, words } from '../terminal/wording.js';
import { examples, limitOption } from './options.js';

type Customer = ItemOf<'customer'>;
type Statement = Wire<receivablesV1.CustomerStatement>;
type StatementLine = Statement['lines'][number];
type OpenItem = NonNullable<Statement['account']>['open_items'][number];

const customerColumns: readonly Column<Customer>[] = [
  { head: 'REFERENCE', cell: ({ reference = '' }) => reference },
  { head: 'NAME', cell: ({ name, erased_at: erased }) => name ?? (erased === undefined ? '' : '(erased)'), cut: true },
  { head: 'KIND', cell: ({ kind = '' }) => kind },
  { head: 'COUNTRY', cell: ({ country, address }) => country ?? address?.country ?? '' },
  { head: 'VAT NUMBER', cell: ({ vat_number: number = '' }) => number },
  { head: 'DEPARTMENTS', cell: ({ departments }) => (departments.length === 0 ? '' : count(departments.length)), right: true },
  { head: 'ID', cell: ({ id }) => id },
];

interface StatementOptions {
  readonly currency?: string;
  readonly limit?: number;
}

export function customerCommands(program: Command, cli: Cli): void {
  const group = program.command('customer').description('customers, and what they owe');
  group
    .command('list')
    .description('the customers of the tenant')
    .addOption(limitOption())
    .addHelpText('after', examples('customer list'))
    .action(({ limit }: { readonly limit?: number }) => list(cli, limit));
  group
    .command('statement')
    .description('what a customer owes, and every invoice, payment, fee and credit with the balance after it')
    .argument('<customer>', 'id, reference or name')
    .option('--currency <code>', "default: that of the customer's billing entity")
    .addOption(limitOption())
    .addHelpText('after', examples('customer statement 10042', 'customer statement "Bergs Åkeri AB" --json'))
    .action((called: string, options: StatementOptions) => statement(cli, called, options));
}

async function list(cli: Cli, limit: number | undefined): Promise<void> {
  const client = await cli.client();
  await cli.output.list(client.list<Customer>('/v1/customers'), { columns: customerColumns, empty: 'No customers yet.', limit });
}

async function statement(cli: Cli, called: string, { currency, limit }: StatementOptions): Promise<void> {
  const client = await cli.client();
  const id = await findCustomer(client, called);
  await cli.output.show(await wholeStatement(client, id, currency, limit), (whole) => showStatement(cli, whole));
}

/** All pages as one. */
async function wholeStatement(
  client: ApiClient,
  id: string,
  currency: string | undefined,
  limit = Number.POSITIVE_INFINITY,
): Promise<Statement> {
  const lines: StatementLine[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await client.get<Statement>(`/v1/customers/${id}/statement`, {
      currency,
      cursor,
      limit: Math.min(100, limit - lines.length),
    });
    lines.push(...page.lines);
    cursor = page.next_cursor;
    if (cursor === undefined || lines.length >= limit) return { ...page, lines };
  }
}

async function showStatement({ output }: Cli, { account, lines }: Statement): Promise<void> {
  const currency = account?.currency;
  await output.facts([
    ['customer', account?.customer_id],
    ['balance', amount(account?.balance, currency)],
    ['overdue', amount(account?.overdue, currency)],
    ['credit', amount(account?.credit, currency)],
    ['blocked', account?.blocked ? 'yes, for want of payment' : undefined],
  ]);
  const open = account?.open_items ?? [];
  if (open.length > 0) {
    await output.line();
    await output.table(openColumns(currency), open);
  }
  await output.line();
  if (lines.length === 0) return output.line('Nothing was booked yet.');
  await output.table(lineColumns(currency), lines);
}

const openColumns = (currency: string | undefined): readonly Column<OpenItem>[] => [
  { head: 'OPEN INVOICE', cell: ({ number = '' }) => number },
  { head: 'DUE', cell: ({ due_date = '' }) => due_date },
  { head: 'REFERENCE', cell: ({ reference = '' }) => reference },
  { head: 'REMINDERS', cell: ({ step }) => (step === 0 ? '' : count(step)), right: true },
  { head: 'OPEN', cell: ({ open }) => amount(open, currency), right: true },
];

const lineColumns = (currency: string | undefined): readonly Column<StatementLine>[] => [
  { head: 'DATE', cell: ({ date = '' }) => date.slice(0, 10) },
  { head: 'KIND', cell: ({ kind = '' }) => words(kind) },
  { head: 'TEXT', cell: ({ text = '' }) => text, cut: true },
  { head: 'AMOUNT', cell: (line) => amount(line.amount, currency), right: true },
  { head: 'BALANCE', cell: ({ balance }) => amount(balance, currency), right: true },
];
