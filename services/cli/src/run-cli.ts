import { CommanderError } from 'commander';
import { describeError } from './describe-error.js';
import { errorCode } from './error-text.js';
import { exitCodes } from './outcome.js';
import { buildProgram } from './program.js';
import type { Terminal } from './terminal/terminal.js';

/** Runs one command line, without the program's own name, and answers the exit code. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<number> {
  const { program, cli } = buildProgram(terminal);
  const interrupted = new Promise<'interrupted'>((resolve) => {
    terminal.interrupted.addEventListener('abort', () => resolve('interrupted'), { once: true });
  });
  try {
    const ended = await Promise.race([program.parseAsync([...args], { from: 'user' }), interrupted]);
    if (ended !== 'interrupted') return exitCodes.ok;
    cli.bars.stopAll();
    await terminal.err.write('tollkeeper: stopped; what the platform had taken by then stays.\n');
    return exitCodes.interrupted;
  } catch (error) {
    if (error instanceof CommanderError) return commanderExitCode(error);
    // Whoever read the output (`| head`) has seen enough.
    if (errorCode(error) === 'EPIPE') return exitCodes.ok;
    cli.bars.stopAll();
    const { exitCode, lines } = describeError(error);
    // Some words are the platform's, or a file's: they shall not steer the terminal.
    await terminal.err.write(`tollkeeper: ${lines.join('\n').replace(/[^\P{Cc}\n]/gu, ' ')}\n`);
    return exitCode;
  } finally {
    cli.bars.stopAll();
  }
}

/** Commander has written what was wrong; help that was asked for is no mistake. */
function commanderExitCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? exitCodes.ok : exitCodes.wrongUsage;
}
