import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { Cli } from './cli.js';
import { billRunCommands } from './commands/bill-run.commands.js';
import { clockCommands } from './commands/clock.commands.js';
import { customerCommands } from './commands/customer.commands.js';
import { deviceCommands } from './commands/device.commands.js';
import { fileCommands } from './commands/file.commands.js';
import { installationCommands } from './commands/installation.commands.js';
import { invoiceCommands } from './commands/invoice.commands.js';
import { partnerCommands } from './commands/partner.commands.js';
import { paymentCommands } from './commands/payment.commands.js';
import { priceListCommands } from './commands/price-list.commands.js';
import { priceCommand } from './commands/price.commands.js';
import { proofCommands } from './commands/proof.commands.js';
import { quarantineCommands } from './commands/quarantine.commands.js';
import { usageCommands } from './commands/usage.commands.js';
import { webhookCommands } from './commands/webhook.commands.js';
import type { Terminal } from './terminal/terminal.js';

const afterHelp = `
Without a key the one of the sample is used, which \`npm start\` leaves in the data folder.
NO_COLOR is honoured. Exit codes: 0 all right, 1 failed or faults found, 2 typed wrongly, 3 the platform does not answer.

Examples:
  tollkeeper usage send events.ndjson --wait
  tollkeeper invoice list --customer 10042
  tollkeeper price --price-list prices.yaml --usage events.csv`;

/** The whole command line. */
export function buildProgram(terminal: Terminal): { readonly program: Command; readonly cli: Cli } {
  const program = new Command('tollkeeper');
  const cli = new Cli(terminal, program);
  program
    .description('From a reading to a paid invoice: usage, prices, invoices, payments and partners of Tollkeeper.')
    .version(versionText(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .helpCommand('help [command]', 'show the help of a command')
    .option('--url <address>', 'where the platform answers (TOLLKEEPER_URL, default http://127.0.0.1:7410)')
    .option('--key <key>', 'API key (TOLLKEEPER_API_KEY)')
    .option('--data <folder>', 'data folder of the platform, for the key of the sample (TOLLKEEPER_DATA, default data)')
    .option('--json', 'answer in JSON, for programs')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false, helpWidth: terminal.out.columns ?? 110 })
    .configureOutput({
      // Commander does not wait; whoever went away while help was written has seen enough of it.
      writeOut: (text) => void terminal.out.write(text).catch(() => undefined),
      writeErr: (text) => void terminal.err.write(text).catch(() => undefined),
      outputError: (text, write) => write(`tollkeeper: ${text.replace(/^error: /, '')}`),
    })
    .showHelpAfterError('(--help shows what there is)')
    .exitOverride()
    .addHelpText('after', afterHelp);
  usageCommands(program, cli);
  fileCommands(program, cli);
  quarantineCommands(program, cli);
  deviceCommands(program, cli);
  priceListCommands(program, cli);
  priceCommand(program, cli);
  billRunCommands(program, cli);
  invoiceCommands(program, cli);
  paymentCommands(program, cli);
  customerCommands(program, cli);
  partnerCommands(program, cli);
  proofCommands(program, cli);
  clockCommands(program, cli);
  webhookCommands(program, cli);
  installationCommands(program, cli);
  return { program, cli };
}

/** Beside `src` and beside `dist`, so that the same address works from both. */
function versionText(): string {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { readonly version: string };
  return manifest.version;
}
