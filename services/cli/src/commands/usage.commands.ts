import { type ApiClient, ApiProblem, type Wire } from '@tollkeeper/api-client';
import type { ingestionV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { jsonValues } from '../input/json-values.js';
import { openInput } from '../input/open-input.js';
import { textPieces } from '../input/text-pieces.js';
import { WrongUsage } from '../outcome.js';
import type { Column } from '../terminal/table.js';
import { pause } from '../terminal/terminal.js';
import { bytes, count, plural, time } from '../terminal/wording.js';
import { calendarDay, examples } from './options.js';
import { type SentUsage, sendUsage } from '../sending/send-usage.js';

type Receipt = Wire<ingestionV1.Receipt>;
type IntakeDays = Wire<ingestionV1.IntakeDays>;
type IntakeDay = IntakeDays['items'][number];

const pollMs = 200;

interface SendOptions {
  readonly mapping?: string;
  readonly wait?: boolean;
}

interface StatusOptions {
  readonly days?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly wait?: boolean;
}

export function usageCommands(program: Command, cli: Cli): void {
  const group = program.command('usage').description('send usage events, and see what became of them');
  group
    .command('send')
    .description('send usage events: CloudEvents as JSON array or NDJSON, plain or gzip; what is sent twice is booked once')
    .argument('<file>', '- for standard input')
    .option('--mapping <code>', 'the mapping that reads foreign records')
    .option('--wait', 'until everything is booked, found to be a duplicate, or in the quarantine')
    .addHelpText(
      'after',
      examples('usage send events.ndjson', 'usage send cdrs.json --mapping ocpi-cdr --wait', 'cat events.json | tollkeeper usage send -'),
    )
    .action((file: string, options: SendOptions) => send(cli, file, options));
  group
    .command('status')
    .description('what became of a receipt, or of each day')
    .argument('[receipt]', 'id of the receipt')
    .option('--days', 'received, booked, duplicate and quarantined per day')
    .option('--from <day>', 'with --days: the first one', calendarDay)
    .option('--to <day>', 'with --days: the last one', calendarDay)
    .option('--wait', 'until the receipt is settled')
    .addHelpText('after', examples('usage status rcp_01…', 'usage status --days --from 2026-01-01'))
    .action((receipt: string | undefined, options: StatusOptions) => status(cli, receipt, options));
}

async function send(cli: Cli, file: string, { mapping, wait = false }: SendOptions): Promise<void> {
  const client = await cli.client();
  const input = await openInput(cli.terminal, file);
  const sent = await cli.bars.during(
    'sending',
    input.size,
    async (progress) => {
      const values = jsonValues(
        input.name,
        textPieces(input, (read) => progress.update(read)),
      );
      return sendUsage(client, values, mapping);
    },
    bytes,
  );
  const receipts = wait ? await settled(cli, client, sent.receipts) : sent.receipts;
  if (cli.output.json) return cli.output.value({ events: sent.events, receipts });
  await showSent(cli, { ...sent, receipts }, wait);
}

/** Lines that are worth a person's eyes; the rest is in the quarantine. */
const mostRefusals = 20;

async function showSent({ output }: Cli, { events, receipts, aside }: SentUsage, wait: boolean): Promise<void> {
  for (const { line, result } of aside.slice(0, mostRefusals)) {
    await output.line(
      `line ${line}: ${result.status ?? ''}: ${result.detail ?? result.reason ?? ''}${result.quarantine_id === undefined ? '' : ` (${result.quarantine_id})`}`,
    );
  }
  if (aside.length > mostRefusals) await output.line(`… and ${count(aside.length - mostRefusals)} more.`);
  await output.line(`${plural(events, 'event')} sent, ${plural(receipts.length, 'receipt')}${wait ? `: ${outcome(receipts)}` : ''}.`);
  const [last] = receipts.slice(-1);
  if (!wait && last) await output.line(`See what became of them: tollkeeper usage status ${receipts.length === 1 ? last.id : '--days'}`);
}

function outcome(receipts: readonly Receipt[]): string {
  const sum = (of: (receipt: Receipt) => number): number => receipts.reduce((total, receipt) => total + of(receipt), 0);
  return `${count(sum(({ booked }) => booked))} booked, ${plural(
    sum(({ duplicate }) => duplicate),
    'duplicate',
  )}, ${count(sum(({ quarantined }) => quarantined))} in quarantine`;
}

/** The receipts, when all of them are settled. */
async function settled(cli: Cli, client: ApiClient, receipts: readonly Receipt[]): Promise<readonly Receipt[]> {
  return cli.bars.during('booking', receipts.length, async (progress) => {
    const done: Receipt[] = [];
    for (const { id } of receipts) {
      for (;;) {
        const now = await readReceipt(client, id);
        if (now?.status === 'settled') {
          done.push(now);
          progress.update(done.length);
          break;
        }
        await pause(cli.terminal, pollMs);
      }
    }
    return done;
  });
}

/** Undefined for a receipt that was given out just now and cannot be read yet. */
async function readReceipt(client: ApiClient, id: string): Promise<Receipt | undefined> {
  try {
    return await client.get<Receipt>(`/v1/receipts/${id}`);
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'not_found') return undefined;
    throw error;
  }
}

async function status(cli: Cli, receipt: string | undefined, options: StatusOptions): Promise<void> {
  const client = await cli.client();
  if (options.days || (receipt === undefined && (options.from !== undefined || options.to !== undefined)))
    return showDays(cli, client, options);
  if (receipt === undefined) throw new WrongUsage('Of what?', 'Name a receipt, or write --days.');
  const found = await client.get<Receipt>(`/v1/receipts/${encodeURIComponent(receipt)}`);
  const [now = found] = options.wait ? await settled(cli, client, [found]) : [found];
  await cli.output.show(now, () =>
    cli.output.facts([
      ['receipt', now.id],
      ['status', now.status],
      ['from', now.origin],
      ['received', `${plural(now.received, 'event')}, ${time(now.received_at)}`],
      ['booked', count(now.booked)],
      ['duplicates', count(now.duplicate)],
      ['in quarantine', count(now.quarantined)],
      ['settled', time(now.settled_at)],
    ]),
  );
}

async function showDays(cli: Cli, client: ApiClient, { from, to }: StatusOptions): Promise<void> {
  const { items } = await client.get<IntakeDays>('/v1/usage/days', { from, to });
  if (cli.output.json) return cli.output.value(items);
  if (items.length === 0) return cli.output.line('No usage in these days.');
  await cli.output.table(dayColumns, items);
}

const dayColumns: readonly Column<IntakeDay>[] = [
  { head: 'DAY', cell: ({ day = '' }) => day },
  { head: 'RECEIVED', cell: ({ received }) => count(received), right: true },
  { head: 'BOOKED', cell: ({ booked }) => count(booked), right: true },
  { head: 'DUPLICATE', cell: ({ duplicate }) => count(duplicate), right: true },
  { head: 'QUARANTINED', cell: ({ quarantined }) => count(quarantined), right: true },
  { head: 'UNSETTLED', cell: ({ unsettled }) => count(unsettled), right: true },
];
