import { CommanderError } from 'commander';
import { describeError } from './describe-error.js';
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
    return ended === 'interrupted' ? exitCodes.interrupted : exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return commanderExitCode(error);
    if (isBrokenPipe(error)) return exitCodes.ok;
    cli.bars.stopAll();
    const { exitCode, lines } = describeError(error);
    await terminal.err.write(`tollkeeper: ${lines.join('\n')}\n`);
    return exitCode;
  } finally {
    cli.bars.stopAll();
  }
}

/** Commander has written what was wrong; help that was asked for is no mistake. */
function commanderExitCode({ exitCode }: CommanderError): number {
  return exitCode === 0 ? exitCodes.ok : exitCodes.wrongUsage;
}

/** Whoever read the output (`| head`) has seen enough. */
function isBrokenPipe(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'EPIPE';
}
