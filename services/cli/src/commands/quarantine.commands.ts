import type { ApiClient, Wire } from '@tollkeeper/api-client';
import type { ingestionV1 } from '@tollkeeper/contracts';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { WrongUsage } from '../outcome.js';
import type { Column } from '../terminal/table.js';
import { count, plural, time } from '../terminal/wording.js';
import { assignment, examples, limitOption } from './options.js';

type Item = Wire<ingestionV1.QuarantineItem>;
type Summary = Wire<ingestionV1.QuarantineSummary>;
type ReplayReply = Wire<ingestionV1.ReplayReply>;

interface ListOptions {
  readonly reason?: string;
  readonly status?: string;
  readonly summary?: boolean;
  readonly limit?: number;
}

interface ReplayOptions {
  readonly reason?: string;
  readonly fix?: Readonly<Record<string, string>>;
}

export function quarantineCommands(program: Command, cli: Cli): void {
  const group = program.command('quarantine').description('events that could not be used: why, and send them again');
  group
    .command('list')
    .description('events set aside, newest first')
    .option('--reason <reason>', 'only these, such as unknown_device')
    .addOption(new Option('--status <status>', 'only these').choices(['open', 'replayed', 'discarded']).default('open'))
    .option('--summary', 'how many are open, by reason')
    .addOption(limitOption())
    .addHelpText('after', examples('quarantine list', 'quarantine list --summary', 'quarantine list --reason unknown_device'))
    .action((options: ListOptions) => list(cli, options));
  group
    .command('show')
    .description('one event set aside, with what was sent')
    .argument('<event>', 'its id')
    .addHelpText('after', examples('quarantine show qua_01…'))
    .action((id: string) => show(cli, id));
  group
    .command('replay')
    .description('send an event again, mended if need be, or all of a reason once its cause is mended')
    .argument('[event]', 'its id')
    .option('--reason <reason>', 'all that are open for this reason')
    .option('--fix <field=value>', 'mend id, device, meter, time or quantity of the one event; may stand several times', assignment)
    .addHelpText('after', examples('quarantine replay qua_01… --fix "device=SE*NGR*E1004"', 'quarantine replay --reason unknown_device'))
    .action((id: string | undefined, options: ReplayOptions) => replay(cli, id, options));
}

async function list(cli: Cli, { reason, status, summary, limit }: ListOptions): Promise<void> {
  const client = await cli.client();
  if (summary) return summarize(cli, client);
  await cli.output.list(client.list<Item>('/v1/quarantine', { reason, status }), {
    columns,
    empty: status === 'open' && reason === undefined ? 'The quarantine is empty.' : 'The quarantine has none of these.',
    limit,
  });
}

async function summarize({ output }: Cli, client: ApiClient): Promise<void> {
  const { reasons } = await client.get<Summary>('/v1/quarantine/summary');
  if (output.json) return output.value(reasons);
  if (reasons.length === 0) return output.line('The quarantine is empty.');
  await output.table(
    [
      { head: 'REASON', cell: ({ reason = '' }: Summary['reasons'][number]) => reason },
      { head: 'OPEN', cell: ({ open }: Summary['reasons'][number]) => count(open), right: true },
    ],
    reasons,
  );
}

const columns: readonly Column<Item>[] = [
  { head: 'ID', cell: ({ id }) => id },
  { head: 'SINCE', cell: ({ created_at: at }) => time(at) },
  { head: 'STATUS', cell: ({ status = '' }) => status },
  { head: 'REASON', cell: ({ reason = '' }) => reason },
  { head: 'DEVICE', cell: ({ event }) => event?.device ?? '', cut: true },
  { head: 'METER', cell: ({ event }) => event?.meter ?? '' },
  { head: 'DETAIL', cell: ({ detail = '' }) => detail, cut: true },
];

async function show(cli: Cli, id: string): Promise<void> {
  const client = await cli.client();
  await cli.output.show(await client.get<Item>(`/v1/quarantine/${encodeURIComponent(id)}`), async (item) => {
    await cli.output.facts([
      ['event', item.id],
      ['status', item.status],
      ['reason', item.reason],
      ['detail', item.detail],
      ['field', item.param],
      ['since', time(item.created_at)],
      ['receipt', item.receipt_id],
      ['mapping', item.mapping],
      ['replayed as', item.replay_receipt_id],
      ['as sent', item.original],
      ['as read', item.event && JSON.stringify(item.event)],
    ]);
  });
}

async function replay(cli: Cli, id: string | undefined, { reason, fix }: ReplayOptions): Promise<void> {
  if ((id === undefined) === (reason === undefined))
    throw new WrongUsage('Which events?', 'Name one by its id, or all of a reason by --reason.');
  if (id === undefined && fix !== undefined) throw new WrongUsage('Only one event at a time can be mended.', 'Name it by its id.');
  const client = await cli.client();
  const reply =
    id === undefined
      ? await replayAll(cli, client, reason ?? '')
      : await client.post<ReplayReply>(`/v1/quarantine/${encodeURIComponent(id)}/replay`, fix === undefined ? {} : { fix });
  await cli.output.show(reply, async ({ replayed, receipt_ids: receipts }) => {
    if (replayed === 0) return cli.output.line('Nothing was sent again: no open event of this reason can be used yet.');
    await cli.output.line(`${plural(replayed, 'event')} sent again.`);
    if (receipts.length === 1) await cli.output.line(`See what became of it: tollkeeper usage status ${receipts[0] ?? ''}`);
  });
}

/**
 * The platform takes so many at a time; asked until as many were sent as were open at the beginning, because what is
 * refused once more stands in the quarantine again.
 */
async function replayAll(cli: Cli, client: ApiClient, reason: string): Promise<ReplayReply> {
  const { reasons } = await client.get<Summary>('/v1/quarantine/summary');
  const open = reasons.find((one) => one.reason === reason)?.open ?? 0;
  return cli.bars.during('sending again', open, async (progress) => {
    const receipts: string[] = [];
    let replayed = 0;
    while (replayed < open) {
      const reply = await client.post<ReplayReply>('/v1/quarantine/replay', { reason });
      if (reply.replayed === 0) break;
      replayed += reply.replayed;
      receipts.push(...reply.receipt_ids);
      progress.update(replayed);
    }
    return { replayed, receipt_ids: receipts };
  });
}
