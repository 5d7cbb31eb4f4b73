import { Decimal, parseDecimal } from '@tollkeeper/money';
import type { Allocation, ReceivablesEvent } from './receivables-event.js';

/** The accounts of the receivables ledger. `credit` is what we owe customers, `suspense` money that belongs to nobody yet. */
export const ledgerAccounts = ['receivable', 'revenue', 'vat', 'bank', 'suspense', 'fees', 'rounding', 'credit', 'write_off'] as const;

export type LedgerAccount = (typeof ledgerAccounts)[number];

/** One side of a journal entry: a positive amount debits the account, a negative one credits it. */
export interface Posting {
  readonly account: LedgerAccount;
  readonly amount: string;
  readonly currency: string;
}

/** The journal entry of an event. It sums to zero (G5); accounts that do not move are left out. */
export function postingsFor(event: ReceivablesEvent, currency: string): readonly Posting[] {
  return sides(event).flatMap(([account, amount]) => (amount.isZero() ? [] : [{ account, amount: amount.toString(), currency }]));
}

function sides(event: ReceivablesEvent): readonly (readonly [LedgerAccount, Decimal])[] {
  switch (event.kind) {
    case 'invoiced':
      return [
        ['receivable', parseDecimal(event.total).minus(parseDecimal(event.fromCredit))],
        ['credit', parseDecimal(event.fromCredit)],
        ['revenue', parseDecimal(event.net).negated()],
        ['vat', parseDecimal(event.tax).negated()],
        ['rounding', parseDecimal(event.rounding).negated()],
      ];
    case 'credited':
      return [
        ['receivable', allocated(event.allocations).negated()],
        ['credit', parseDecimal(event.toCredit).negated()],
        ['revenue', parseDecimal(event.net).negated()],
        ['vat', parseDecimal(event.tax).negated()],
        ['rounding', parseDecimal(event.rounding).negated()],
      ];
    case 'paid':
      return [
        [event.source, parseDecimal(event.amount)],
        ['receivable', allocated(event.allocations).negated()],
        ['credit', parseDecimal(event.toCredit).negated()],
      ];
    case 'payment_reversed':
      return [
        ['bank', parseDecimal(event.amount).negated()],
        ['credit', parseDecimal(event.fromCredit)],
        ['receivable', parseDecimal(event.amount).minus(parseDecimal(event.fromCredit))],
      ];
    case 'refunded':
      return [
        ['credit', parseDecimal(event.amount)],
        ['bank', parseDecimal(event.amount).negated()],
      ];
    case 'written_off':
      return [
        ['write_off', parseDecimal(event.amount)],
        ['receivable', parseDecimal(event.amount).negated()],
      ];
    case 'dunned':
      return [
        ['receivable', parseDecimal(event.fee)],
        ['fees', parseDecimal(event.fee).negated()],
      ];
    case 'unmatched':
      return [
        ['bank', parseDecimal(event.amount)],
        ['suspense', parseDecimal(event.amount).negated()],
      ];
  }
}

/** The sums per account and currency over any postings: a trial balance, whose own sum per currency is zero. */
export function trialBalance(postings: Iterable<Posting>): readonly Posting[] {
  const sums = new Map<string, { readonly account: LedgerAccount; readonly currency: string; sum: Decimal }>();
  for (const { account, amount, currency } of postings) {
    const key = `${currency} ${account}`;
    const found = sums.get(key);
    if (found) found.sum = found.sum.plus(parseDecimal(amount));
    else sums.set(key, { account, currency, sum: parseDecimal(amount) });
  }
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, { account, currency, sum }]) => ({ account, currency, amount: sum.toString() }));
}

export function allocated(allocations: readonly Allocation[]): Decimal {
  return allocations.reduce((sum, { amount }) => sum.plus(parseDecimal(amount)), Decimal.zero);
}
