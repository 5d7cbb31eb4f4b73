import type { ApiClient, Wire } from '@tollkeeper/api-client';
import type { ratingV1 } from '@tollkeeper/contracts';
import type { Command } from 'commander';
import type { Cli } from '../cli.js';
import { CommandFailed, WrongUsage } from '../outcome.js';
import type { Progress } from '../terminal/progress.js';
import type { Column } from '../terminal/table.js';
import { count, plural } from '../terminal/wording.js';
import { examples } from './options.js';

type ChainProof = Wire<ratingV1.VerifyReply>;
type PriceProof = Wire<ratingV1.RerateReply>;
type Fault = ChainProof['faults'][number];

export function proofCommands(program: Command, cli: Cli): void {
  const chain = program.command('chain').description('the chains that hold every amount');
  chain
    .command('verify')
    .description('compute every hash of every chain anew; exit code 1 when one does not hold')
    .addHelpText('after', examples('chain verify', 'chain verify --json'))
    .action(() => verifyChains(cli));
  program
    .command('rerate')
    .description('price all usage again, with the catalogue as of then')
    .option('--verify', 'compare with what was charged, byte by byte; exit code 1 when it differs')
    .addHelpText('after', examples('rerate --verify'))
    .action(({ verify }: { readonly verify?: boolean }) => rerate(cli, verify === true));
}

async function verifyChains(cli: Cli): Promise<void> {
  const client = await cli.client();
  const proof = await cli.bars.during('chains proven', undefined, async (bar) => {
    const sums = { chains: 0, entries: 0, faults: [] as Fault[] };
    for await (const page of pagesOf<ChainProof>(client, '/v1/chains/verify')) {
      sums.chains += page.chains;
      sums.entries += page.entries;
      sums.faults.push(...page.faults);
      bar.update(sums.chains);
    }
    return sums;
  });
  await tell(cli, proof, `${plural(proof.chains, 'chain')} with ${plural(proof.entries, 'entry', 'entries')} proven`);
}

async function rerate(cli: Cli, verify: boolean): Promise<void> {
  if (!verify) throw new WrongUsage('rerate changes nothing; it only proves what was charged.', 'Write tollkeeper rerate --verify.');
  const client = await cli.client();
  const proof = await cli.bars.during('accounts priced again', undefined, async (bar: Progress) => {
    const sums = { accounts: 0, pages: 0, events: 0, faults: [] as Fault[] };
    for await (const page of pagesOf<PriceProof>(client, '/v1/rerating/verify')) {
      sums.accounts += page.accounts;
      sums.pages += page.pages;
      sums.events += page.events;
      sums.faults.push(...page.faults);
      bar.update(sums.accounts);
    }
    return sums;
  });
  await tell(
    cli,
    proof,
    `${plural(proof.accounts, 'account')}, ${plural(proof.pages, 'page')} and ${plural(proof.events, 'event')} priced again`,
  );
}

async function* pagesOf<Page extends { readonly next_cursor?: string }>(client: ApiClient, path: string): AsyncGenerator<Page> {
  let cursor: string | undefined;
  do {
    const page: Page = await client.get(path, { limit: 100, cursor });
    yield page;
    cursor = page.next_cursor;
  } while (cursor !== undefined);
}

const faultColumns: readonly Column<Fault>[] = [
  { head: 'CHAIN', cell: ({ chain = '' }) => chain },
  { head: 'ENTRY', cell: ({ n }) => count(n), right: true },
  { head: 'FAULT', cell: ({ what = '' }) => what },
  { head: 'DETAIL', cell: ({ detail = '' }) => detail, cut: true },
];

/** @throws CommandFailed when there are faults */
async function tell({ output }: Cli, proof: { readonly faults: readonly Fault[] }, done: string): Promise<void> {
  const { faults } = proof;
  await output.show(proof, async () => {
    if (faults.length > 0) await output.table(faultColumns, faults);
    await output.line(`${done}: ${faults.length === 0 ? 'all is well' : plural(faults.length, 'fault')}.`);
  });
  if (faults.length > 0)
    throw new CommandFailed(
      'What is stored is not what was booked.',
      'Keep the data folder as it is, and compare the entries named above with a backup.',
    );
}
