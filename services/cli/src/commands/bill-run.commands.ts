import type { ApiClient, Wire } from '@tollkeeper/api-client';
import type { invoicingV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { findBillingEntity, findCustomer } from '../lookup/find-by-name.js';
import { CommandFailed } from '../outcome.js';
import type { Column } from '../terminal/table.js';
import { pause } from '../terminal/terminal.js';
import { amount, count, period, plural, time } from '../terminal/wording.js';
import { examples, gathered, limitOption, moment } from './options.js';

type BillRun = Wire<invoicingV1.BillRun>;
type Preview = BillRun['preview'][number];

const pollMs = 250;

interface RunOptions {
  readonly entity?: string;
  readonly until?: string;
  readonly customer?: readonly string[];
  readonly all?: boolean;
  readonly wait?: boolean;
}

export function billRunCommands(program: Command, cli: Cli): void {
  const group = program.command('bill-run').description('invoice what is due');
  withRunOptions(group.command('preview').description('what would be invoiced; nothing is written'))
    .addHelpText('after', examples('bill-run preview --entity SE', 'bill-run preview --entity SE --until 2026-02-01'))
    .action((options: RunOptions) => preview(cli, options));
  withRunOptions(group.command('start').description('close what is due, number and issue the invoices'))
    .option('--wait', 'until all invoices are issued')
    .addHelpText('after', examples('bill-run start --entity SE --wait'))
    .action((options: RunOptions) => start(cli, options));
  group
    .command('list')
    .description('bill runs, newest first')
    .addOption(limitOption())
    .addHelpText('after', examples('bill-run list'))
    .action(({ limit }: { readonly limit?: number }) => list(cli, limit));
  group
    .command('show')
    .description('how far a run is, and the customers that failed')
    .argument('<run>', 'its id')
    .option('--wait', 'until all invoices are issued')
    .addHelpText('after', examples('bill-run show run_01…'))
    .action((id: string, { wait = false }: { readonly wait?: boolean }) => show(cli, id, wait));
}

function withRunOptions(command: Command): Command {
  return command
    .option('--entity <entity>', 'who invoices: id, series or name; may be left out when there is one alone')
    .option('--until <time>', 'periods that end at or before this; a day is its first moment in UTC; default: now', moment)
    .option('--customer <customer>', 'only this one: id, reference or name; may stand several times', gathered)
    .option('--all', 'also accounts that hold less than their minimum');
}

async function orderOf(client: ApiClient, { entity, until, customer = [], all }: RunOptions): Promise<object> {
  const customers: string[] = [];
  for (const called of customer) customers.push(await findCustomer(client, called));
  return {
    billing_entity_id: await findBillingEntity(client, entity),
    until,
    customer_ids: customers.length === 0 ? undefined : customers,
    all,
  };
}

async function preview(cli: Cli, options: RunOptions): Promise<void> {
  const client = await cli.client();
  const run = await client.post<BillRun>('/v1/bill-runs/preview', await orderOf(client, options));
  await cli.output.show(run, async () => {
    if (run.preview.length === 0) await cli.output.line('Nothing is due.');
    else await cli.output.table(previewColumns, run.preview);
    await cli.output.line(
      `${plural(run.preview.length, 'invoice')}${run.preview.length === 0 ? '' : `, ${amount(run.total, run.currency)}`}${heldText(run)}.`,
    );
  });
}

const previewColumns: readonly Column<Preview>[] = [
  { head: 'CUSTOMER', cell: ({ buyer, customer_id: id = '' }) => buyer?.name ?? id, cut: true },
  { head: 'PERIOD', cell: ({ period_start, period_end }) => period(period_start, period_end) },
  { head: 'LINES', cell: ({ lines }) => count(lines.length), right: true },
  { head: 'NET', cell: ({ net, currency }) => amount(net, currency), right: true },
  { head: 'VAT', cell: ({ tax, currency }) => amount(tax, currency), right: true },
  { head: 'TOTAL', cell: ({ total, currency }) => amount(total, currency), right: true },
];

function heldText({ held }: BillRun): string {
  return held === 0 ? '' : `, ${plural(held, 'small account')} held for later`;
}

async function start(cli: Cli, options: RunOptions): Promise<void> {
  const client = await cli.client();
  const started = await client.post<BillRun>('/v1/bill-runs', await orderOf(client, options));
  await tell(cli, options.wait ? await finished(cli, client, started) : started);
}

async function show(cli: Cli, id: string, wait: boolean): Promise<void> {
  const client = await cli.client();
  const run = await client.get<BillRun>(`/v1/bill-runs/${encodeURIComponent(id)}`);
  await tell(cli, wait ? await finished(cli, client, run) : run);
}

/** The run, when it is done or has failed. */
async function finished(cli: Cli, client: ApiClient, started: BillRun): Promise<BillRun> {
  return cli.bars.during('invoicing', started.customers, async (bar) => {
    for (let run = started; ; run = await client.get<BillRun>(`/v1/bill-runs/${started.id}`)) {
      bar.update(run.customers_done, run.customers);
      if (run.status !== 'running') return run;
      await pause(cli.terminal, pollMs);
    }
  });
}

/** @throws CommandFailed when the run, or some of its customers, failed */
async function tell(cli: Cli, run: BillRun): Promise<void> {
  const { output } = cli;
  const { failures } = run;
  await output.show(run, async () => {
    if (run.status === 'running') {
      await output.line(`Bill run ${run.id} is under way: ${count(run.customers_done)} of ${plural(run.customers, 'customer')}.`);
      await output.line(`Follow it: tollkeeper bill-run show ${run.id} --wait`);
      return;
    }
    await output.line(
      `Bill run ${run.id} ${run.status ?? ''}: ${plural(run.invoices, 'invoice')}, ${amount(run.total, run.currency)}${heldText(run)}.`,
    );
    for (const { customer_id: id = '', detail = '' } of failures) await output.line(`  ${id}: ${detail}`);
    if (run.invoices > 0) await output.line(`See them: tollkeeper invoice list --bill-run ${run.id}`);
  });
  if (failures.length > 0)
    throw new CommandFailed(
      `${plural(failures.length, 'customer')} could not be invoiced.`,
      'Mend what is said above and start the run again; what was invoiced stays.',
    );
  if (run.status === 'failed') throw new CommandFailed('The bill run failed.', 'Start it again; what was invoiced stays.');
}

async function list(cli: Cli, limit: number | undefined): Promise<void> {
  const client = await cli.client();
  await cli.output.list(client.list<BillRun>('/v1/bill-runs'), { columns: runColumns, empty: 'No bill runs yet.', limit });
}

const runColumns: readonly Column<BillRun>[] = [
  { head: 'STARTED', cell: ({ created_at: at }) => time(at) },
  { head: 'STATUS', cell: ({ status = '' }) => status },
  { head: 'UNTIL', cell: ({ until }) => time(until) },
  { head: 'CUSTOMERS', cell: ({ customers_done: done, customers }) => `${count(done)} of ${count(customers)}`, right: true },
  { head: 'INVOICES', cell: ({ invoices }) => count(invoices), right: true },
  { head: 'HELD', cell: ({ held }) => count(held), right: true },
  { head: 'TOTAL', cell: ({ total, currency }) => amount(total, currency), right: true },
  { head: 'FAILED', cell: ({ failures }) => (failures.length === 0 ? '' : count(failures.length)), right: true },
  { head: 'ID', cell: ({ id }) => id },
];
