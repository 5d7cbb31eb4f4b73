/** Why a file cannot be read on: it names the line, and how to mend it. What was read before counts. */
export class FileFault extends Error {
  override readonly name = 'FileFault';
}

/** One record of a file with the place where it begins. */
export interface FileRecord {
  readonly value: unknown;
  /** Counted from 1. */
  readonly line: number;
  /** Set when the record is unusable as it stands; `value` then holds its text. */
  readonly fault?: string;
}
