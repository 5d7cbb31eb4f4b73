import type { ApiClient } from '@tollkeeper/api-client';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { openInput } from '../input/open-input.js';
import { CommandFailed } from '../outcome.js';
import { type FileImport, uploadFile, type UploadedFile } from '../sending/upload-file.js';
import type { Column } from '../terminal/table.js';
import { pause } from '../terminal/terminal.js';
import { bytes, count, plural, time } from '../terminal/wording.js';
import { examples, limitOption } from './options.js';

const pollMs = 250;

interface ImportOptions {
  readonly mapping: string;
  readonly wait?: boolean;
}

export function fileCommands(program: Command, cli: Cli): void {
  const group = program.command('file').description('import whole files of usage');
  group
    .command('import')
    .description('import a file of any length by a mapping; after a break, the same command goes on where it broke off')
    .argument('<file>', '- for standard input')
    .requiredOption('--mapping <code>', 'the mapping that reads its records')
    .option('--wait', 'until the import is done')
    .addHelpText('after', examples('file import sim-usage.csv --mapping sim-csv --wait'))
    .action((file: string, options: ImportOptions) => importFile(cli, file, options));
  group
    .command('list')
    .description('imports, newest first')
    .addOption(limitOption())
    .addHelpText('after', examples('file list'))
    .action(({ limit }: { readonly limit?: number }) => list(cli, limit));
  group
    .command('show')
    .description('how far an import is, and what came of it')
    .argument('<file>', 'id of the import')
    .option('--wait', 'until the import is done')
    .addHelpText('after', examples('file show fil_01…'))
    .action((id: string, { wait = false }: { readonly wait?: boolean }) => show(cli, id, wait));
}

async function importFile(cli: Cli, file: string, { mapping, wait = false }: ImportOptions): Promise<void> {
  const client = await cli.client();
  const input = await openInput(cli.terminal, file);
  const uploaded = await cli.bars.during(
    'sending',
    input.size,
    (bar) => uploadFile(client, input, mapping, (sent) => bar.update(sent)),
    bytes,
  );
  if (!cli.output.json) await tellUpload(cli, file, uploaded);
  const now = wait ? await imported(cli, client, uploaded.file) : uploaded.file;
  await cli.output.show(now, () => showImport(cli, now));
  if (now.status === 'failed') throw new CommandFailed(`${file} was not imported: ${now.error ?? 'no reason was given'}`);
}

async function tellUpload(
  { output }: Cli,
  file: string,
  { known, resumedAt, file: { name, created_at: at } }: UploadedFile,
): Promise<void> {
  if (resumedAt > 0) await output.note(`Went on with an upload that had broken off behind ${bytes(resumedAt)}.`);
  if (known)
    await output.line(`${file} was imported before${name === undefined ? '' : ` as ${name}`}, ${time(at)}; nothing was booked again.`);
}

/** The import, when it is done or has failed. */
async function imported(cli: Cli, client: ApiClient, file: FileImport): Promise<FileImport> {
  return cli.bars.during(
    'importing',
    Number(file.size_bytes ?? '0'),
    async (bar) => {
      for (let now = file; ; now = await client.get<FileImport>(`/v1/files/${file.id}`)) {
        bar.update(Number(now.progress_bytes ?? '0'));
        if (now.status === 'done' || now.status === 'failed') return now;
        await pause(cli.terminal, pollMs);
      }
    },
    bytes,
  );
}

async function show(cli: Cli, id: string, wait: boolean): Promise<void> {
  const client = await cli.client();
  const found = await client.get<FileImport>(`/v1/files/${encodeURIComponent(id)}`);
  const now = wait ? await imported(cli, client, found) : found;
  await cli.output.show(now, () => showImport(cli, now));
  if (now.status === 'failed') throw new CommandFailed(`${now.name ?? id} was not imported: ${now.error ?? 'no reason was given'}`);
}

async function showImport({ output }: Cli, file: FileImport): Promise<void> {
  await output.facts([
    ['import', file.id],
    ['file', file.name],
    ['mapping', file.mapping],
    ['status', file.status],
    ['size', bytes(Number(file.size_bytes ?? '0'))],
    ['records', count(file.records)],
    ['accepted', count(file.accepted)],
    ['in quarantine', count(file.quarantined)],
    ['filtered', file.filtered > 0 ? count(file.filtered) : undefined],
    ['finished', time(file.finished_at)],
  ]);
  if (file.status === 'importing') await output.line(`It goes on in the background: tollkeeper file show ${file.id} --wait`);
  if (file.quarantined > 0) await output.line(`See the ${plural(file.quarantined, 'record')} set aside: tollkeeper quarantine list`);
}

async function list(cli: Cli, limit: number | undefined): Promise<void> {
  const client = await cli.client();
  await cli.output.list(client.list<FileImport>('/v1/files'), { columns, empty: 'No files yet.', limit });
}

const columns: readonly Column<FileImport>[] = [
  { head: 'FILE', cell: ({ name = '' }) => name, cut: true },
  { head: 'MAPPING', cell: ({ mapping = '' }) => mapping },
  { head: 'STATUS', cell: ({ status = '' }) => status },
  { head: 'SIZE', cell: ({ size_bytes: size = '0' }) => bytes(Number(size)), right: true },
  { head: 'RECORDS', cell: ({ records }) => count(records), right: true },
  { head: 'ACCEPTED', cell: ({ accepted }) => count(accepted), right: true },
  { head: 'QUARANTINED', cell: ({ quarantined }) => count(quarantined), right: true },
  { head: 'RECEIVED', cell: ({ created_at: at }) => time(at) },
  { head: 'ID', cell: ({ id }) => id },
];
