#!/usr/bin/env node
import { runCli } from './run-cli.js';
import { processTerminal } from './terminal/process-terminal.js';

const interruption = new AbortController();
// The second Ctrl-C does not wait for anything.
process.once('SIGINT', () => {
  process.once('SIGINT', () => process.exit(130));
  interruption.abort();
});
process.once('SIGTERM', () => interruption.abort());
// A reader that went away (`| head`) ends the command quietly; the write that failed tells it.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
process.stderr.on('error', () => undefined);

process.exit(await runCli(process.argv.slice(2), processTerminal(interruption.signal)));
