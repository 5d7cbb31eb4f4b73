import type { PeriodRule } from './period.js';

export const contractPeriods = ['monthly', 'weekly', 'days28', 'yearly'] as const;

/** How long a contract's billing period is. */
export type ContractPeriod = (typeof contractPeriods)[number];

/**
 * The rule of a contract's periods: monthly and yearly ones begin on `anchorDay` (0 for the first; yearly ones in the month
 * of the start date), weekly ones on that weekday (1 Monday), 28-day ones are counted from the start date `YYYY-MM-DD`.
 */
export function contractPeriodRule(period: ContractPeriod, anchorDay: number, startDate: string): PeriodRule {
  const anchor = anchorDay > 0 ? anchorDay : 1;
  switch (period) {
    case 'monthly':
      return { every: 'month', anchor_day: anchor };
    case 'weekly':
      return { every: 'week', weekday: anchor };
    case 'days28':
      return { every: '28_days', anchor: startDate };
    case 'yearly':
      return { every: 'year', anchor_month: Number(startDate.slice(5, 7)), anchor_day: anchor };
  }
}

export function isContractPeriod(word: string): word is ContractPeriod {
  return contractPeriods.some((period) => period === word);
}
