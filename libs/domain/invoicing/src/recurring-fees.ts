import { Decimal, parseDecimal } from '@tollkeeper/money';
import type { RecurringFee } from '@tollkeeper/tenancy';
import type { FeeLine, Period } from './invoice.js';

/** A calendar month of the contract's time zone: its days, and the instants between which it lies there. */
export interface FeeMonth {
  /** `yyyy-mm` */
  readonly month: string;
  readonly period: Period;
}

/**
 * The fees that are due for a month. A fee that begins or ends inside it is charged by the day: amount × days in force ÷
 * days of the month, exact, rounded only on the invoice.
 */
export function feesOfMonth(fees: readonly RecurringFee[], { month, period }: FeeMonth): readonly FeeLine[] {
  const first = `${month}-01`;
  const days = daysIn(month);
  const last = `${month}-${String(days).padStart(2, '0')}`;
  const due: FeeLine[] = [];
  for (const fee of fees) {
    const from = fee.from > first ? fee.from : first;
    const to = fee.to !== undefined && fee.to < last ? fee.to : last;
    if (from > to) continue;
    const inForce = Number(to.slice(8)) - Number(from.slice(8)) + 1;
    const whole = inForce === days;
    const share = Decimal.fromInteger(inForce).dividedBy(Decimal.fromInteger(days));
    const amount = parseDecimal(fee.amount);
    due.push({
      feeId: fee.id,
      description: fee.description,
      period,
      quantity: whole ? '1' : share.rounded(4).toString(),
      unit: 'month',
      amount: whole
        ? amount.toString()
        : amount.times(Decimal.fromInteger(inForce)).dividedBy(Decimal.fromInteger(days)).rounded(12).toString(),
      priceDescription: whole ? undefined : `${from} – ${to}, ${inForce}/${days}`,
    });
  }
  return due;
}

function daysIn(month: string): number {
  return new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5, 7)), 0)).getUTCDate();
}
