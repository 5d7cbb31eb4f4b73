export { runCli } from './run-cli.js';
export { exitCodes } from './outcome.js';
export type { Terminal, Writer } from './terminal/terminal.js';
