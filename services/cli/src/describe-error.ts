import { ApiProblem, ApiUnreachable } from '@tollkeeper/api-client';
import { errorText } from './error-text.js';
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
  return { exitCode: exitCodes.failure, lines: withMend(`That went wrong: ${errorText(error)}`, undefined) };
}

/** Where the command line knows better what to do; undefined where the detail says it all. */
const ownMends: Readonly<Partial<Record<ApiProblem['code'], string | undefined>>> = {
  invalid_request: undefined,
  unprocessable: undefined,
  unauthenticated:
    'Check the key: --key, TOLLKEEPER_API_KEY, or sample.key in the data folder. It may belong to another installation, or be revoked.',
  not_found: "Nothing of that name belongs to the key's tenant.",
};

function problemLines(problem: ApiProblem): string[] {
  const { param, requestId, errors = [] } = problem.extra;
  const lines = [`${problem.detail} (${problem.code}${param === undefined ? '' : `, ${param}`})`];
  // One error only repeats what the detail says.
  if (errors.length > 1) lines.push(...errors.map((one) => `  - ${one.param}: ${one.detail}`));
  const mend = problem.code in ownMends ? ownMends[problem.code] : problem.mend;
  if (mend !== undefined) lines.push(`  ${mend}`);
  if (requestId !== undefined && problem.status >= 500) lines.push(`  Request ${requestId}.`);
  return lines;
}

function withMend(message: string, mend: string | undefined): string[] {
  return mend === undefined ? [message] : [message, `  ${mend}`];
}
