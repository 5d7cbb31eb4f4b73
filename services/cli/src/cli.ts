import type { ApiClient } from '@tollkeeper/api-client';
import type { Command } from 'commander';
import { connect, connectWithoutKey, type GlobalOptions } from './connect.js';
import { Output } from './terminal/output.js';
import { ProgressBars } from './terminal/progress.js';
import type { Terminal } from './terminal/terminal.js';

/** What the commands share: the connection, the output and the bars. Options are read when a command runs, not before. */
export class Cli {
  readonly bars: ProgressBars;
  private known: Output | undefined;

  constructor(
    readonly terminal: Terminal,
    private readonly program: Command,
  ) {
    this.bars = new ProgressBars(terminal);
  }

  get output(): Output {
    this.known ??= new Output(this.terminal, this.options.json === true);
    return this.known;
  }

  /** @throws WrongUsage without a key */
  client(): Promise<ApiClient> {
    return connect(this.options, this.terminal, this.output);
  }

  /** For what needs no key. */
  clientWithoutKey(): ApiClient {
    return connectWithoutKey(this.options, this.terminal, this.output);
  }

  private get options(): GlobalOptions {
    return this.program.opts<GlobalOptions>();
  }
}
