import type { ratingV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { contractPeriodRule, isContractPeriod, isDate, type PeriodRule, periodRuleFault, startOfLocalDate, zoneClock } from '@tollkeeper/metering';
import { decimalFault, describeDecimalFault, isCurrency } from '@tollkeeper/money';

interface RecurringFee {
  readonly code: string;
  readonly description: string;
  /** Exact decimal, in the contract's currency, for each period. */
  readonly amount: string;
}

/** When an account closes. Decimals in the contract's currency; '' for never, or for nothing. */
interface HoldPolicy {
  readonly threshold: string;
  readonly minimum: string;
  /** 0 for no limit. */
  readonly longestDays: number;
}

/** What a contract says about one device; kept in the account's state, so that pricing needs nothing else. */
export interface DeviceTerms {
  readonly deviceId: string;
  readonly deviceName: string;
  readonly customerId: string;
  readonly contractId: string;
  readonly contractVersion: number;
  readonly department: string;
  readonly partnerId: string;
  readonly currency: string;
  readonly timeZone: string;
  readonly period: PeriodRule;
  /** Codes; the first list that has a price counts. */
  readonly priceLists: readonly string[];
  readonly fees: readonly RecurringFee[];
  readonly hold: HoldPolicy;
  /** YYYY-MM-DD in the contract's time zone; '' for no end. The end is the last day. */
  readonly startDate: string;
  readonly endDate: string;
}

/** @throws Problem `invalid_request` naming the member. */
export function fromDeviceTerms(terms: ratingV1.DeviceTerms, param: string): DeviceTerms {
  const refuse = (member: string, detail: string): never => {
    throw new Problem('invalid_request', detail, { param: `${param}.${member}` });
  };
  if (terms.reference === '') refuse('reference', 'Give the reference of the device.');
  if (!isCurrency(terms.currency)) refuse('currency', `${JSON.stringify(terms.currency)} is not an ISO 4217 currency; write a code such as SEK.`);
  if (!isKnownZone(terms.timeZone)) refuse('time_zone', `${JSON.stringify(terms.timeZone)} is not a time zone; write a name such as Europe/Stockholm.`);
  if (!isDate(terms.startDate)) refuse('start_date', 'Give the first day as a date such as 2026-01-31.');
  if (terms.endDate !== '' && !isDate(terms.endDate)) refuse('end_date', 'Give the last day as a date such as 2026-12-31.');
  const period = toPeriodRule(terms);
  const fault = periodRuleFault(period);
  if (fault) refuse(fault.path, `The period's ${fault.path} ${fault.message}.`);
  const decimal = (member: string, text: string): string => {
    const wrong = text === '' ? undefined : decimalFault(text);
    if (wrong) refuse(member, `${describeDecimalFault(wrong, text)}.`);
    return text;
  };
  return {
    deviceId: terms.deviceId,
    deviceName: terms.deviceName,
    customerId: terms.customerId,
    contractId: terms.contractId,
    contractVersion: terms.contractVersion,
    department: terms.department,
    partnerId: terms.partnerId,
    currency: terms.currency,
    timeZone: terms.timeZone,
    period,
    priceLists: [...terms.priceLists],
    fees: terms.recurringFees.map((fee, i) => ({
      code: fee.code,
      description: fee.description,
      amount: decimal(`recurring_fees[${i}].amount`, fee.amount),
    })),
    hold: {
      threshold: decimal('hold.threshold', terms.hold?.threshold ?? ''),
      minimum: decimal('hold.minimum', terms.hold?.minimum ?? ''),
      longestDays: terms.hold?.longestDays ?? 0,
    },
    startDate: terms.startDate,
    endDate: terms.endDate,
  };
}

/** Asked through the clocks, which are made once per zone: asking the zone data costs more than all the rest of a contract. */
function isKnownZone(name: string): boolean {
  try {
    return zoneClock(name).timeZone === name;
  } catch {
    return false;
  }
}

function toPeriodRule({ period, anchorDay, startDate }: ratingV1.DeviceTerms): PeriodRule {
  const named = period === '' ? 'monthly' : period;
  if (isContractPeriod(named)) return contractPeriodRule(named, anchorDay, startDate);
  throw new Problem('invalid_request', `${JSON.stringify(period)} is not a period; write monthly, weekly, days28 or yearly.`, { param: 'period' });
}

const dayMs = 86_400_000;

/** The moment the contract begins in its time zone. */
export function startOf(terms: DeviceTerms): number {
  return startOfLocalDate(terms.startDate, terms.timeZone);
}

/** The moment after its last day; infinite without an end. */
export function endOf(terms: DeviceTerms): number {
  if (terms.endDate === '') return Number.POSITIVE_INFINITY;
  const next = new Date(Date.parse(`${terms.endDate}T00:00:00Z`) + dayMs).toISOString().slice(0, 10);
  return startOfLocalDate(next, terms.timeZone);
}
