import type { tenantV1 } from '@tollkeeper/contracts';
import type { Instant } from '@tollkeeper/kernel';
import { contractPeriodRule, isContractPeriod, localDateAt, type Period, periodsBetween, startOfLocalDate } from '@tollkeeper/metering';

const dayMs = 86_400_000;

/** A billing period of a contract, and how much of it lies inside the contract, in local days. */
export interface ContractPeriod extends Period {
  readonly days: number;
  readonly of: number;
}

/** The billing periods of a contract that ended by `until` and began at or after `from` (undefined: at the contract's start). */
export function endedPeriods(contract: tenantV1.Contract, from: Instant | undefined, until: Instant): readonly ContractPeriod[] {
  const timeZone = contract.timeZone || 'UTC';
  // Days of a contract are days where it is kept: midnight elsewhere lies in the period before or after.
  const start = startOfLocalDate(contract.startDate, timeZone);
  const end = contract.endDate === '' ? Number.POSITIVE_INFINITY : startOfLocalDate(dayAfter(contract.endDate), timeZone);
  const rule = contractPeriodRule(isContractPeriod(contract.period) ? contract.period : 'monthly', contract.anchorDay, contract.startDate);
  return periodsBetween(rule, timeZone, Math.max(start, from ?? start), Math.min(until, end))
    .filter((period) => period.end <= until && period.start >= (from ?? Number.NEGATIVE_INFINITY))
    .map((period) => ({
      ...period,
      days: daysBetween(Math.max(period.start, start), Math.min(period.end, end), timeZone),
      of: daysBetween(period.start, period.end, timeZone),
    }));
}

function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
}

/** Local days in [from, to). */
function daysBetween(from: Instant, to: Instant, timeZone: string): number {
  const day = (instant: Instant) => Date.parse(`${localDateAt(instant, timeZone)}T00:00:00Z`);
  return Math.round((day(to) - day(from)) / dayMs);
}
