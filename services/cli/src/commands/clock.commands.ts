import type { ApiClient, Wire } from '@tollkeeper/api-client';
import type { tenantV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { WrongUsage } from '../outcome.js';
import { count, plural, time, words } from '../terminal/wording.js';
import { examples, moment, wholeNumber } from './options.js';

type TestClock = Wire<tenantV1.TestClock>;

const dayMs = 86_400_000;

interface AdvanceOptions {
  readonly to?: string;
  readonly days?: number;
  readonly months?: number;
}

export function clockCommands(program: Command, cli: Cli): void {
  const group = program.command('clock').description('the test clock of a sandbox');
  group
    .command('show')
    .description('its present moment')
    .addHelpText('after', examples('clock show'))
    .action(() => show(cli));
  group
    .command('advance')
    .description('go forward day by day and do what becomes due: closing, bill runs, reminders, statements')
    .option('--to <time>', 'a day (its first moment in UTC) or a time', moment)
    .option('--days <n>', 'so many days', wholeNumber)
    .option('--months <n>', 'so many months', wholeNumber)
    .addHelpText('after', examples('clock advance --days 30', 'clock advance --to 2026-06-01T06:00:00Z'))
    .action((options: AdvanceOptions) => advance(cli, options));
}

async function show(cli: Cli): Promise<void> {
  const client = await cli.client();
  await cli.output.show(await client.get<TestClock>('/v1/clock'), ({ now }) => cli.output.line(time(now)));
}

async function advance(cli: Cli, options: AdvanceOptions): Promise<void> {
  if ([options.to, options.days, options.months].filter((one) => one !== undefined).length !== 1) {
    throw new WrongUsage('How far?', 'Write one of --to, --days and --months.');
  }
  const client = await cli.client();
  const before = await client.get<TestClock>('/v1/clock');
  const from = Date.parse(before.now ?? '');
  const to = targetOf(from, options);
  const { clock, done } = await goTo(cli, client, from, to);
  await cli.output.show({ ...clock, done }, async () => {
    await cli.output.line(`It is ${time(clock.now)} now, ${plural(Math.round((to - from) / dayMs), 'day')} later.`);
    const due = Object.entries(done).filter(([, times]) => times > 0);
    if (due.length === 0) return cli.output.line('Nothing became due.');
    await cli.output.line('Became due:');
    await cli.output.facts(due.map(([what, times]) => [`  ${words(what)}`, count(times)]));
  });
}

/** The platform steps over each midnight in UTC; asking for these steps one by one gives the same, and shows how far it is. */
async function goTo(
  cli: Cli,
  client: ApiClient,
  from: number,
  to: number,
): Promise<{ readonly clock: TestClock; readonly done: Readonly<Record<string, number>> }> {
  const done: Record<string, number> = {};
  return cli.bars.during('living through the days', Math.max(1, Math.ceil((to - from) / dayMs)), async (bar) => {
    let clock: TestClock;
    let now = from;
    do {
      now = Math.min(to, (Math.floor(now / dayMs) + 1) * dayMs);
      // A moment that is not ahead goes to the platform as it is: it says why it will not go there.
      clock = await client.post<TestClock>('/v1/clock/advance', { to: new Date(now).toISOString() });
      for (const [what, times] of Object.entries(clock.done)) done[what] = (done[what] ?? 0) + times;
      bar.update(Math.ceil((now - from) / dayMs));
    } while (now < to);
    return { clock, done };
  });
}

function targetOf(from: number, { to, days = 0, months = 0 }: AdvanceOptions): number {
  if (to !== undefined) return Date.parse(to);
  return months === 0 ? from + days * dayMs : plusMonths(from, months);
}

/** The same day and time of a later month; its last day where it is shorter. */
function plusMonths(from: number, months: number): number {
  const date = new Date(from);
  const first = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months, 1);
  const length = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + months + 1, 0)).getUTCDate();
  return first + (Math.min(date.getUTCDate(), length) - 1) * dayMs + (from % dayMs);
}
