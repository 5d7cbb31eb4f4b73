import type { SeedOutcome } from '../run-seed.js';

/** What one seed came to, in a form that passes between processes. */
export interface SeedReport extends Omit<SeedOutcome, 'violation'> {
  readonly violation: { readonly promise: string; readonly detail: string; readonly message: string } | undefined;
}

export function toReport(outcome: SeedOutcome): SeedReport {
  const { violation } = outcome;
  return { ...outcome, violation: violation && { promise: violation.promise, detail: violation.detail, message: violation.message } };
}
