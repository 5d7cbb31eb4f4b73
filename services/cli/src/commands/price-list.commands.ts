import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Wire } from '@tollkeeper/api-client';
import type { ratingV1 } from '@tollkeeper/contracts';
import { type PriceList, priceListToCsv, priceListToYaml, readPriceList } from '@tollkeeper/rating';
import { type Command, Option } from 'commander';
import type { Cli } from '../cli.js';
import { openInput } from '../input/open-input.js';
import { readPriceListFile } from '../input/price-list-file.js';
import { errorText } from '../error-text.js';
import { CommandFailed } from '../outcome.js';
import type { Column } from '../terminal/table.js';
import { count, day, plural } from '../terminal/wording.js';
import { examples, limitOption } from './options.js';

type WirePriceList = Wire<ratingV1.PriceList>;
type Format = 'yaml' | 'csv' | 'json';

interface ExportOptions {
  readonly format?: Format;
  readonly out?: string;
}

export function priceListCommands(program: Command, cli: Cli): void {
  const group = program.command('price-list').description('price lists as files');
  group
    .command('list')
    .description('the price lists of the tenant')
    .addOption(limitOption())
    .addHelpText('after', examples('price-list list'))
    .action(({ limit }: { readonly limit?: number }) => list(cli, limit));
  group
    .command('import')
    .description('put a price list: a new one, or a new version of the one with its code; issued invoices never change')
    .argument('<file>', 'YAML, CSV or JSON; - for standard input')
    .addHelpText('after', examples('price-list import standard-2026.yaml'))
    .action((file: string) => importFile(cli, file));
  group
    .command('export')
    .description('a price list as a file to edit and import again')
    .argument('<code>', 'code of the price list')
    .addOption(new Option('--format <format>', 'default: that of the file name, else yaml').choices(['yaml', 'csv', 'json']))
    .option('--out <file>', 'where to write it; default: standard output')
    .addHelpText('after', examples('price-list export standard-2026', 'price-list export standard-2026 --out prices.csv'))
    .action((code: string, options: ExportOptions) => exportList(cli, code, options));
}

async function list(cli: Cli, limit: number | undefined): Promise<void> {
  const client = await cli.client();
  await cli.output.list(client.list<WirePriceList>('/v1/price-lists'), { columns, empty: 'No price lists yet.', limit });
}

const columns: readonly Column<WirePriceList>[] = [
  { head: 'CODE', cell: ({ code = '' }) => code },
  { head: 'NAME', cell: ({ name = '' }) => name, cut: true },
  { head: 'CURRENCY', cell: ({ currency = '' }) => currency },
  { head: 'VAT', cell: ({ tax_inclusive: inclusive }) => (inclusive ? 'included' : 'added') },
  { head: 'VERSIONS', cell: ({ versions }) => count(versions.length), right: true },
  { head: 'LAST FROM', cell: ({ versions }) => day(versions.at(-1)?.effective_from) },
  { head: 'PRICES', cell: ({ versions }) => count(versions.at(-1)?.prices.length ?? 0), right: true },
];

async function importFile(cli: Cli, file: string): Promise<void> {
  const client = await cli.client();
  const priceList = await readPriceListFile(await openInput(cli.terminal, file));
  const made = await client.post<WirePriceList>('/v1/price-lists', priceList);
  await cli.output.show(made, async ({ code = '', version, versions }) => {
    await cli.output.line(`Price list ${code} is in the catalogue: ${plural(versions.length, 'version')}, catalogue version ${version}.`);
  });
}

async function exportList(cli: Cli, code: string, { format, out }: ExportOptions): Promise<void> {
  const client = await cli.client();
  const { priceList, faults } = readPriceList(await client.get<WirePriceList>(`/v1/price-lists/${encodeURIComponent(code)}`));
  if (!priceList)
    throw new CommandFailed(
      `The platform's answer is no price list: ${faults[0]?.path ?? ''} ${faults[0]?.message ?? ''}`,
      'Use a command line of the same version as the platform.',
    );
  const text = written(priceList, format ?? formatOf(out) ?? (cli.output.json ? 'json' : 'yaml'));
  if (out === undefined || out === '-') {
    await cli.terminal.out.write(text);
    return;
  }
  const path = resolve(cli.terminal.folder, out);
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new CommandFailed(`${path} could not be written: ${errorText(error)}.`, 'Name another file by --out.');
  }
  await cli.output.note(`Wrote ${path}`);
}

function formatOf(out: string | undefined): Format | undefined {
  const ending = /\.(yaml|yml|csv|json)$/i.exec(out ?? '')?.[1]?.toLowerCase();
  return ending === 'csv' || ending === 'json' ? ending : ending === undefined ? undefined : 'yaml';
}

function written(priceList: PriceList, format: Format): string {
  switch (format) {
    case 'yaml':
      return priceListToYaml(priceList);
    case 'csv':
      return priceListToCsv(priceList);
    case 'json':
      return `${JSON.stringify(priceList, undefined, 2)}\n`;
  }
}
