import { ApiProblem, ApiUnreachable } from '@tollkeeper/api-client';
import { CommandFailed, exitCodes, InputFault, WrongUsage } from './outcome.js';

export interface ErrorReport {
  readonly exitCode: number;
  /** Lines for a person: what was wrong, then how to mend it. */
  readonly lines: readonly string[];
}

/** What a person needs to know about an error, and what the shell is answered. */
export function describeError(error: unknown): ErrorReport {
  if (error instanceof WrongUsage) return { exitCode: exitCodes.wrongUsage, lines: withMend(error.message, error.mend) };
  if (error instanceof CommandFailed || error instanceof InputFault) {
    return { exitCode: exitCodes.failure, lines: withMend(error.message, error.mend) };
  }
  if (error instanceof ApiUnreachable) {
    return { exitCode: exitCodes.unreachable, lines: withMend(error.message, `${error.mend} (--url or TOLLKEEPER_URL)`) };
  }
  if (error instanceof ApiProblem) return { exitCode: exitCodes.failure, lines: problemLines(error) };
  const what = error instanceof Error ? error.message : String(error);
  return { exitCode: exitCodes.failure, lines: withMend(`That went wrong: ${what}`, undefined) };
}

function problemLines(problem: ApiProblem): string[] {
  const { param, requestId, errors = [] } = problem.extra;
  const lines = [`${problem.detail} (${problem.code}${param === undefined ? '' : `, ${param}`})`];
  // One error only repeats what the detail says.
  if (errors.length > 1) lines.push(...errors.map((one) => `  - ${one.param}: ${one.detail}`));
  lines.push(`  ${problem.mend}`);
  if (requestId !== undefined && problem.status >= 500) lines.push(`  Request ${requestId}.`);
  return lines;
}

function withMend(message: string, mend: string | undefined): string[] {
  return mend === undefined ? [message] : [message, `  ${mend}`];
}
