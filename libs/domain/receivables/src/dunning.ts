import { Problem } from '@tollkeeper/kernel';
import { decimalFault, minorUnitDigits, parseDecimal } from '@tollkeeper/money';
import { accountBalance, type CustomerAccountState } from './customer-account.js';

const dayMs = 86_400_000;

/** One step after the due date. A reminder may cost a fee; a block stops the customer's devices until all that caused it is paid. */
export interface DunningStep {
  readonly daysAfterDue: number;
  readonly action: 'reminder' | 'block';
  /** Decimal string in the account's currency; absent when free. */
  readonly fee?: string;
}

export interface DunningPolicy {
  readonly steps: readonly DunningStep[];
  /** While the customer's overdue sum is below this, nothing is done. */
  readonly minimum: string;
}

/** Kind first, then firm: applies where a billing entity has set nothing. It charges no fee, because laws on fees differ. */
export const defaultDunningPolicy: DunningPolicy = {
  steps: [
    { daysAfterDue: 5, action: 'reminder' },
    { daysAfterDue: 14, action: 'reminder' },
    { daysAfterDue: 30, action: 'block' },
  ],
  minimum: '0',
};

export interface DueStep {
  readonly invoiceId: string;
  readonly number: string;
  /** 1 for the first step of the policy. */
  readonly step: number;
  readonly action: 'reminder' | 'block';
  readonly fee: string;
  /** Open before the fee. */
  readonly open: string;
  readonly daysOverdue: number;
}

/**
 * The next step of each item for which it is time on `date` (`yyyy-mm-dd`): one per item, so that after a pause nobody
 * gets three letters on one day, and nobody is blocked without having been reminded.
 */
export function dueSteps(state: CustomerAccountState, policy: DunningPolicy, date: string): readonly DueStep[] {
  const { overdue } = accountBalance(state, date);
  if (parseDecimal(overdue).isZero() || parseDecimal(overdue).compare(parseDecimal(policy.minimum)) < 0) return [];
  return state.openItems.flatMap((item): DueStep[] => {
    const next = policy.steps[item.step];
    const daysOverdue = Math.round((Date.parse(`${date}T00:00:00Z`) - Date.parse(`${item.dueOn}T00:00:00Z`)) / dayMs);
    if (!next || daysOverdue < Math.max(1, next.daysAfterDue)) return [];
    const { invoiceId, number, open } = item;
    return [{ invoiceId, number, step: item.step + 1, action: next.action, fee: next.fee ?? '0', open, daysOverdue }];
  });
}

/** The day (`yyyy-mm-dd`) on which the next step of any item is due, for a sweeper; undefined when there is none. */
export function nextDunningDate(state: CustomerAccountState, policy: DunningPolicy): string | undefined {
  const dates = state.openItems.flatMap((item) => {
    const next = policy.steps[item.step];
    return next ? [new Date(Date.parse(`${item.dueOn}T00:00:00Z`) + Math.max(1, next.daysAfterDue) * dayMs).toISOString().slice(0, 10)] : [];
  });
  return dates.sort()[0];
}

/** Throws `invalid_request` naming the first member of a policy that cannot be right. */
export function assertDunningPolicy(policy: DunningPolicy, currency: string): void {
  let before = 0;
  policy.steps.forEach((step, i) => {
    if (!Number.isInteger(step.daysAfterDue) || step.daysAfterDue <= before || step.daysAfterDue > 3650) {
      refuse(`steps[${i}].days_after_due`, 'Steps need whole days, 1 to 3650, each later than the step before.');
    }
    if (i === 0 && step.action === 'block') refuse(`steps[${i}].action`, 'Nobody is blocked without a reminder before.');
    before = step.daysAfterDue;
    if (step.fee !== undefined) assertAmount(step.fee, `steps[${i}].fee`, currency);
  });
  if (policy.steps.length > 20) refuse('steps', 'A policy has at most 20 steps.');
  assertAmount(policy.minimum, 'minimum', currency);
}

function assertAmount(text: string, param: string, currency: string): void {
  const wrong = decimalFault(text) !== undefined || parseDecimal(text).sign() < 0 || parseDecimal(text).fractionDigits() > minorUnitDigits(currency);
  if (wrong) refuse(param, `“${text}” is not an amount of ${currency}, such as "60.00".`);
}

function refuse(param: string, detail: string): never {
  throw new Problem('invalid_request', detail, { param });
}
