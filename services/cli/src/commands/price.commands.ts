import {
  aggregations,
  type Aggregation,
  contractPeriodRule,
  contractPeriods,
  type ContractPeriod,
  isTimeZone,
  type Meter,
  type PeriodRule,
} from '@tollkeeper/metering';
import { type PriceList, priceUsage } from '@tollkeeper/rating';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Cli } from '../cli.js';
import { openInput } from '../input/open-input.js';
import { readPriceListFile } from '../input/price-list-file.js';
import { readUsageFile } from '../input/usage-file.js';
import { CommandFailed, WrongUsage } from '../outcome.js';
import { type MeterTotal, type PriceReport, priceReport, type Refusal } from '../pricing/price-report.js';
import type { Column } from '../terminal/table.js';
import { amount, bytes, count, plural, quantity } from '../terminal/wording.js';
import { assignment, examples, limitOption } from './options.js';

interface PriceOptions {
  readonly priceList: string;
  readonly usage: string;
  readonly timeZone: string;
  readonly period: ContractPeriod;
  readonly from?: string;
  readonly meter?: Readonly<Record<string, string>>;
  readonly strict?: boolean;
  readonly limit?: number;
}

const about = `
Needs no platform: the same code as live rating prices the file. Usage is native CloudEvents (JSON array or NDJSON), or
CSV with the columns id,device,meter,time,quantity and if need be source and key. Each meter of the list is a sum, unless
--meter says otherwise.`;

export function priceCommand(program: Command, cli: Cli): void {
  program
    .command('price')
    .description('price a file of usage with a price list file, without a platform')
    .requiredOption('--price-list <file>', 'YAML, CSV or JSON')
    .requiredOption('--usage <file>', 'CloudEvents or CSV; - for standard input')
    .option('--time-zone <zone>', 'whose days and hours count, such as Europe/Stockholm', timeZone, 'UTC')
    .addOption(new Option('--period <period>', 'how long a billing period is').choices(contractPeriods).default('monthly'))
    .option('--from <day>', 'first day of a period; needed by days28 alone')
    .option('--meter <code=aggregation>', `how a meter counts: ${aggregations.join(', ')}; may stand several times`, assignment)
    .option('--strict', 'exit code 1 when any event has no price')
    .addOption(limitOption())
    .addHelpText('after', about)
    .addHelpText(
      'after',
      examples(
        'price --price-list prices.yaml --usage events.ndjson',
        'price --price-list prices.csv --usage june.csv --time-zone Europe/Amsterdam --meter sessions=count --json',
      ),
    )
    .action((options: PriceOptions) => price(cli, options));
}

function timeZone(text: string): string {
  if (!isTimeZone(text)) throw new InvalidArgumentError('It is an IANA time zone such as Europe/Stockholm.');
  return text;
}

async function price(cli: Cli, options: PriceOptions): Promise<void> {
  const periodRule = periodRuleOf(options);
  const priceList = await readPriceListFile(await openInput(cli.terminal, options.priceList));
  const meters = metersOf(priceList, options.meter ?? {});
  const input = await openInput(cli.terminal, options.usage);
  const file = await cli.bars.during('reading', input.size, (bar) => readUsageFile(input, (read) => bar.update(read)), bytes);
  const priced = priceUsage({ priceList, meters, events: file.events, timeZone: options.timeZone, periodRule });
  const report = priceReport(priced, file, { priceList: priceList.code, timeZone: options.timeZone });
  await cli.output.show(report, () => showReport(cli, report, options.limit));
  const { refused } = report.events;
  if (options.strict && refused > 0) throw new CommandFailed(`${plural(refused, 'event has', 'events have')} no price.`);
}

function periodRuleOf({ period, from }: PriceOptions): PeriodRule {
  if (period === 'days28' && from === undefined)
    throw new WrongUsage('Periods of 28 days are counted from a day.', 'Name the first day of one by --from, such as 2026-01-01.');
  const start = from ?? '2000-01-01';
  if (!/^\d{4}-\d\d-\d\d$/.test(start) || Number.isNaN(Date.parse(start)))
    throw new WrongUsage(`“${start}” is no day.`, 'Write one such as 2026-01-31.');
  // Without --from a week begins on Monday, and everything else on the first.
  const weekday = new Date(start).getUTCDay() || 7;
  return contractPeriodRule(period, from === undefined ? 1 : period === 'weekly' ? weekday : Number(start.slice(8)), start);
}

/** The meters that the list prices: sums, or what the person says. */
function metersOf({ versions }: PriceList, given: Readonly<Record<string, string>>): readonly Meter[] {
  const codes = new Set(versions.flatMap(({ prices }) => prices.map(({ meter }) => meter)));
  for (const [code, word] of Object.entries(given)) {
    if (!codes.has(code)) throw new WrongUsage(`The price list has no meter “${code}”.`, `It prices ${[...codes].join(', ')}.`);
    if (!isAggregation(word)) throw new WrongUsage(`“${word}” is no way to count.`, `Write one of ${aggregations.join(', ')}.`);
  }
  return [...codes].map((code) => {
    const word = given[code] ?? 'sum';
    return { code, name: code, aggregation: isAggregation(word) ? word : 'sum', unit: '' };
  });
}

function isAggregation(word: string): word is Aggregation {
  return aggregations.some((one) => one === word);
}

const mostRefusals = 50;
const mostRows = 100;

interface Row extends MeterTotal {
  readonly device: string;
}

async function showReport({ output }: Cli, report: PriceReport, limit = mostRows): Promise<void> {
  const { currency, events, refusals } = report;
  const rows = report.devices.flatMap(({ device, meters }) => meters.map((meter): Row => ({ device, ...meter })));
  if (rows.length === 0) await output.line('No event has a price.');
  else
    await output.table([{ head: 'DEVICE', cell: ({ device }: Row) => device, cut: true }, ...totalColumns(currency)], rows.slice(0, limit));
  if (rows.length > limit) await output.note(`There are ${count(rows.length)} rows; --limit N shows more, --json all.`);
  if (report.devices.length > 1) {
    await output.line();
    await output.table(totalColumns(currency), report.meters);
  }
  await output.line();
  if (refusals.length > 0) {
    await output.table(refusalColumns, refusals.slice(0, mostRefusals));
    if (refusals.length > mostRefusals) await output.line(`… and ${count(refusals.length - mostRefusals)} more; --json lists all.`);
    await output.line();
  }
  const counts = [
    `${count(events.priced)} priced`,
    ...(events.duplicate > 0 ? [plural(events.duplicate, 'duplicate')] : []),
    ...(events.unmetered > 0 ? [`${count(events.unmetered)} not metered`] : []),
    ...(events.refused > 0 ? [`${count(events.refused)} refused`] : []),
  ];
  await output.line(`${plural(events.received, 'event')}: ${counts.join(', ')}.`);
  await output.line(output.strong(`Total ${amount(report.amount, currency)}, VAT ${report.tax_inclusive ? 'included' : 'not included'}.`));
}

const totalColumns = (currency: string): readonly Column<MeterTotal>[] => [
  { head: 'METER', cell: ({ meter }) => meter },
  { head: 'EVENTS', cell: ({ events }) => count(events), right: true },
  { head: 'QUANTITY', cell: (total) => quantity(total.quantity, total.unit), right: true },
  { head: 'AMOUNT', cell: (total) => amount(total.amount, currency), right: true },
];

const refusalColumns: readonly Column<Refusal>[] = [
  { head: 'LINE', cell: ({ line }) => String(line), right: true },
  { head: 'REASON', cell: ({ reason }) => reason },
  { head: 'DEVICE', cell: ({ device = '' }) => device, cut: true },
  { head: 'EVENT', cell: ({ id = '' }) => id, cut: true },
  { head: 'DETAIL', cell: ({ detail }) => detail, cut: true },
];
