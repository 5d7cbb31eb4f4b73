/** What the process answers to the shell. */
export const exitCodes = { ok: 0, failure: 1, wrongUsage: 2, unreachable: 3, interrupted: 130 } as const;

/** The command was typed wrongly or lacks something that only the person can give. */
export class WrongUsage extends Error {
  override readonly name = 'WrongUsage';

  constructor(
    message: string,
    /** What to type instead. */
    readonly mend?: string,
  ) {
    super(message);
  }
}

/** The command was understood and did not succeed; also for faults that a check found. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';

  constructor(
    message: string,
    readonly mend?: string,
  ) {
    super(message);
  }
}

/** A file cannot be used as it is. Lines and columns count from 1. */
export class InputFault extends Error {
  override readonly name = 'InputFault';

  constructor(
    readonly file: string,
    readonly what: string,
    readonly place: { readonly line?: number; readonly column?: number } = {},
    readonly mend?: string,
  ) {
    super(`${file}${placeText(place)}: ${what}`);
  }
}

function placeText({ line, column }: InputFault['place']): string {
  if (line === undefined) return '';
  return column === undefined ? `, line ${line}` : `, line ${line}, column ${column}`;
}
