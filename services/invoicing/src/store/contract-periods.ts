import type { tenantV1 } from '@tollkeeper/contracts';
import type { Instant } from '@tollkeeper/kernel';
import { contractPeriodRule, isContractPeriod, type Period, periodsBetween } from '@tollkeeper/metering';

const dayMs = 86_400_000;

/** The billing periods of a contract that ended by `until` and began at or after `from` (undefined: at the contract's start). */
export function endedPeriods(contract: tenantV1.Contract, from: Instant | undefined, until: Instant): readonly Period[] {
  const start = Date.parse(`${contract.startDate}T00:00:00Z`);
  const end = contract.endDate === '' ? Number.POSITIVE_INFINITY : Date.parse(`${contract.endDate}T00:00:00Z`) + dayMs;
  const rule = contractPeriodRule(isContractPeriod(contract.period) ? contract.period : 'monthly', contract.anchorDay, contract.startDate);
  return periodsBetween(rule, contract.timeZone || 'UTC', from ?? start, Math.min(until, end)).filter(
    (period) => period.end <= until && period.start >= (from ?? Number.NEGATIVE_INFINITY),
  );
}
