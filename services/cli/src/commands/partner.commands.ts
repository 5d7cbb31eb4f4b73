import type { ApiClient, Wire } from '@tollkeeper/api-client';
import type { commissionsV1 } from '@tollkeeper/contracts';
import { type Command, InvalidArgumentError } from 'commander';
import type { Cli } from '../cli.js';
import { findPartner } from '../lookup/find-by-name.js';
import { isIdOf, type ItemOf } from '../lookup/items.js';
import { CommandFailed, WrongUsage } from '../outcome.js';
import { saveDownload } from '../terminal/save-download.js';
import type { Column } from '../terminal/table.js';
import { amount, day, words } from '../terminal/wording.js';
import { examples, limitOption } from './options.js';

type Partner = ItemOf<'partner'>;
type Statement = Wire<commissionsV1.PartnerStatement>;
type Line = Statement['lines'][number];

interface StatementOptions {
  readonly month?: string;
  readonly all?: boolean;
  readonly csv?: boolean;
  readonly pdf?: boolean;
  readonly out?: string;
}

export function partnerCommands(program: Command, cli: Cli): void {
  const group = program.command('partner').description('third parties that share in the revenue');
  group
    .command('list')
    .description('the partners of the tenant')
    .addOption(limitOption())
    .addHelpText('after', examples('partner list'))
    .action(({ limit }: { readonly limit?: number }) => list(cli, limit));
  group
    .command('statement')
    .description('what a partner earned in a month, line by line')
    .argument('[partner]', 'id or name, or the id of a statement; may be left out when there is one partner alone')
    .option('--month <month>', 'such as 2026-02; default: the latest', monthText)
    .option('--all', 'one row for each month instead')
    .option('--csv', 'as CSV, one row per line')
    .option('--pdf', 'as the PDF that the partner gets')
    .option('--out <file>', 'with --csv or --pdf: where to write it, - for standard output')
    .addHelpText(
      'after',
      examples(
        'partner statement',
        'partner statement "Fastighets AB Hamnen" --month 2026-02',
        'partner statement --month 2026-02 --pdf --out hamnen.pdf',
      ),
    )
    .action((called: string | undefined, options: StatementOptions) => statement(cli, called, options));
}

function monthText(text: string): string {
  if (!/^\d{4}-(0[1-9]|1[0-2])$/.test(text)) throw new InvalidArgumentError('It is a month such as 2026-02.');
  return text;
}

async function list(cli: Cli, limit: number | undefined): Promise<void> {
  const client = await cli.client();
  await cli.output.list(client.list<Partner>('/v1/partners'), { columns: partnerColumns, empty: 'No partners yet.', limit });
}

const partnerColumns: readonly Column<Partner>[] = [
  { head: 'NAME', cell: ({ name = '' }) => name, cut: true },
  { head: 'CURRENCY', cell: ({ currency = '' }) => currency },
  { head: 'E-MAIL', cell: ({ email = '' }) => email, cut: true },
  { head: 'ID', cell: ({ id }) => id },
];

async function statement(cli: Cli, called: string | undefined, options: StatementOptions): Promise<void> {
  if (options.csv && options.pdf) throw new WrongUsage('CSV or PDF?', 'Write one of --csv and --pdf.');
  if (options.out !== undefined && !options.csv && !options.pdf)
    throw new WrongUsage('As what shall it be written?', 'Write --csv or --pdf beside --out.');
  const client = await cli.client();
  if (options.all) return listStatements(cli, client, called);
  const id = await findStatement(client, called, options.month);
  if (options.pdf) return saveDownload(cli, await client.download(`/v1/statements/${id}/pdf`, 'application/pdf'), options.out, `${id}.pdf`);
  if (options.csv) return saveDownload(cli, await client.download(`/v1/statements/${id}/csv`, 'text/csv'), options.out ?? '-', `${id}.csv`);
  await cli.output.show(await client.get<Statement>(`/v1/statements/${id}`), (found) => showStatement(cli, found));
}

async function listStatements(cli: Cli, client: ApiClient, called: string | undefined): Promise<void> {
  const query = { partner_id: called === undefined ? undefined : await findPartner(client, called) };
  await cli.output.list(client.list<Statement>('/v1/statements', query), {
    columns: statementColumns,
    empty: 'No statements yet.',
    limit: undefined,
  });
}

/** By its own id, or the latest (or the month's) of the partner. @throws CommandFailed when there is none */
async function findStatement(client: ApiClient, called: string | undefined, month: string | undefined): Promise<string> {
  if (called !== undefined && isIdOf(called, 'sta')) return called;
  const partner = await findPartner(client, called);
  let latest: Statement | undefined;
  for await (const one of client.list<Statement>('/v1/statements', { partner_id: partner })) {
    if (one.month === month) return one.id;
    if (month === undefined && (one.month ?? '') > (latest?.month ?? '')) latest = one;
  }
  if (latest) return latest.id;
  throw new CommandFailed(
    month === undefined ? 'There is no statement yet.' : `There is no statement of ${month}.`,
    'A month is stated when it is over. See `tollkeeper partner statement --all`.',
  );
}

async function showStatement({ output }: Cli, found: Statement): Promise<void> {
  const { currency } = found;
  await output.line(output.strong(`Statement of ${found.month ?? ''}`));
  await output.facts([
    ['id', found.id],
    ['partner', found.partner_id],
    ['opening', amount(found.opening, currency)],
    ['earned', amount(found.earned, currency)],
    ['clawed back', amount(found.clawed_back, currency)],
    ['closing', amount(found.closing, currency)],
    ['issued', day(found.issued_at)],
  ]);
  await output.line();
  if (found.lines.length === 0) return output.line('Nothing was earned in this month.');
  await output.table(lineColumns(currency), found.lines);
}

const statementColumns: readonly Column<Statement>[] = [
  { head: 'MONTH', cell: ({ month = '' }) => month },
  { head: 'PARTNER', cell: ({ partner_id: id = '' }) => id },
  { head: 'OPENING', cell: ({ opening, currency }) => amount(opening, currency), right: true },
  { head: 'EARNED', cell: ({ earned, currency }) => amount(earned, currency), right: true },
  { head: 'CLAWED BACK', cell: ({ clawed_back: back, currency }) => amount(back, currency), right: true },
  { head: 'CLOSING', cell: ({ closing, currency }) => amount(closing, currency), right: true },
  { head: 'ID', cell: ({ id }) => id },
];

const lineColumns = (currency: string | undefined): readonly Column<Line>[] => [
  { head: 'DATE', cell: ({ date }) => day(date) },
  { head: 'KIND', cell: ({ kind = '' }) => words(kind) },
  { head: 'INVOICE', cell: ({ invoice_number: number = '', invoice_line: line }) => (line === 0 ? number : `${number} line ${line}`) },
  { head: 'DEVICE', cell: ({ device = '' }) => device, cut: true },
  { head: 'METER', cell: ({ meter = '' }) => meter },
  { head: 'OF', cell: ({ base }) => amount(base, currency), right: true },
  { head: 'SHARE', cell: ({ percentage }) => (percentage === undefined ? '' : `${percentage} %`), right: true },
  { head: 'AMOUNT', cell: (line) => amount(line.amount, currency), right: true },
];
