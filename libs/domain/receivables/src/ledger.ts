import { type Decimal, parseDecimal, sumDecimals } from '@tollkeeper/money';

/**
 * The ledger accounts of a tenant's receivables. `receivable` is what customers owe; `credit` what was paid too much and is
 * owed back; `suspense` money whose payer is not known yet; `fees` the income from reminders.
 */
export const ledgerAccounts = ['receivable', 'revenue', 'vat', 'rounding', 'bank', 'suspense', 'credit', 'fees', 'write_off'] as const;

export type LedgerAccount = (typeof ledgerAccounts)[number];

/** One side of a journal entry: positive debits, negative credits; a decimal string in the currency of its chain. */
export interface Posting {
  readonly account: LedgerAccount;
  readonly amount: string;
}

/** Sums by ledger account; accounts without postings are absent. */
export type Ledger = Readonly<Partial<Record<LedgerAccount, string>>>;

/** Leaves out zeros and checks that the entry balances: double entry is a property of every entry, not of a report (G5). */
export function journal(sides: readonly (readonly [LedgerAccount, Decimal])[]): readonly Posting[] {
  const postings = sides.filter(([, amount]) => !amount.isZero()).map(([account, amount]) => ({ account, amount: amount.toString() }));
  const sum = sumDecimals(postings.map((posting) => parseDecimal(posting.amount)));
  if (!sum.isZero()) throw new RangeError(`a journal entry is off by ${sum.toString()}`);
  return postings;
}

export function withPostings(ledger: Ledger, postings: readonly Posting[]): Ledger {
  const sums: Partial<Record<LedgerAccount, string>> = { ...ledger };
  for (const { account, amount } of postings) {
    const sum = parseDecimal(sums[account] ?? '0').plus(parseDecimal(amount));
    if (sum.isZero()) delete sums[account];
    else sums[account] = sum.toString();
  }
  return sums;
}
