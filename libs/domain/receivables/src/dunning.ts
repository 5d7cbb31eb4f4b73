import { decimalFault, parseDecimal } from '@tollkeeper/money';
import type { CustomerAccountState, OpenItem } from './customer-account.js';

/** What is done when an invoice stays open, step by step. */
export interface DunningPolicy {
  readonly steps: readonly DunningStep[];
  /** Decimal string: what is open below it is left alone. */
  readonly minimum: string;
}

export interface DunningStep {
  readonly daysAfterDue: number;
  readonly action: 'reminder' | 'block';
  /** Decimal string in the currency of the account; `0` for none. */
  readonly fee: string;
}

/** The policy of a billing entity that has set none: a reminder without fee after a week, nothing is blocked. */
export const defaultDunningPolicy: DunningPolicy = { steps: [{ daysAfterDue: 7, action: 'reminder', fee: '0' }], minimum: '0' };

export interface PolicyFault {
  readonly path: string;
  readonly message: string;
}

const mostSteps = 10;

export function policyFaults(policy: DunningPolicy): readonly PolicyFault[] {
  const faults: PolicyFault[] = [];
  const amount = (path: string, text: string) => {
    if (decimalFault(text) !== undefined || parseDecimal(text).sign() < 0) faults.push({ path, message: `“${text}” is not an amount of zero or more.` });
  };
  amount('minimum', policy.minimum);
  if (policy.steps.length > mostSteps) faults.push({ path: 'steps', message: `At most ${mostSteps} steps.` });
  policy.steps.forEach((step, i) => {
    amount(`steps[${i}].fee`, step.fee);
    if (step.daysAfterDue < 1 || step.daysAfterDue > 365) faults.push({ path: `steps[${i}].days_after_due`, message: 'Between 1 and 365 days after the due date.' });
    const before = policy.steps[i - 1];
    if (before && before.daysAfterDue >= step.daysAfterDue) faults.push({ path: `steps[${i}].days_after_due`, message: 'Steps come in the order of their days.' });
  });
  return faults;
}

export interface DueStep extends DunningStep {
  readonly item: OpenItem;
  /** Counted from 1. */
  readonly number: number;
}

/**
 * The next step of each item whose day has come; `today` is `yyyy-mm-dd`. An item takes one step at a time, and as many days after
 * its last one as the policy puts between them: a policy that comes late, or a machine that stood still, blocks nobody on the
 * day of the first reminder.
 */
export function dueSteps(state: CustomerAccountState, policy: DunningPolicy, today: string): readonly DueStep[] {
  const minimum = parseDecimal(policy.minimum);
  return state.items.flatMap((item): DueStep[] => {
    const step = policy.steps[item.step];
    if (!step || today < stepDay(item, policy, step)) return [];
    if (parseDecimal(item.open).compare(minimum) < 0) return [];
    return [{ ...step, item, number: item.step + 1 }];
  });
}

/** The day on which the next step of any item falls due, for the list of accounts to look at; undefined when none will. */
export function nextStepDay(state: Pick<CustomerAccountState, 'items'>, policy: DunningPolicy): string | undefined {
  const days = state.items.flatMap((item) => {
    const step = policy.steps[item.step];
    return step ? [stepDay(item, policy, step)] : [];
  });
  return days.sort()[0];
}

const dayMs = 86_400_000;

/** The day from which an item takes its next step. */
function stepDay(item: OpenItem, policy: DunningPolicy, step: DunningStep): string {
  const afterDue = addDays(item.dueDate, step.daysAfterDue);
  if (item.steppedOn === undefined) return afterDue;
  const afterLast = addDays(item.steppedOn, step.daysAfterDue - (policy.steps[item.step - 1]?.daysAfterDue ?? 0));
  return afterLast > afterDue ? afterLast : afterDue;
}

function addDays(day: string, days: number): string {
  return new Date(Date.parse(day) + days * dayMs).toISOString().slice(0, 10);
}
