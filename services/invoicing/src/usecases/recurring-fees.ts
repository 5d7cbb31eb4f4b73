import type { ChainWriter } from '@tollkeeper/chain-kit';
import type { tenantV1 } from '@tollkeeper/contracts';
import type { FeeLine } from '@tollkeeper/invoicing';
import { type Entry, fromCanonicalBytes, fromRfc3339, type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { Decimal, parseDecimal } from '@tollkeeper/money';
import { type ContractPeriod, endedPeriods } from '../store/contract-periods.js';
import { recurringChain } from '../store/chains.js';

/** Digits of a day's share of a fee; the invoice rounds to the minor unit. */
const shareDigits = 12;

/** Up to when the contract's fees are invoiced: milliseconds since 1970. */
interface RecurringState {
  readonly billedUntil: number;
}

/**
 * The fees per contract of every period that ended by `until` and is not invoiced yet, in arrears. Booked in a chain of
 * its own per contract: the same cause gives the same fees again, and no period is charged twice.
 */
export async function bookRecurringFees(
  writer: ChainWriter,
  tenantId: string,
  contract: tenantV1.Contract,
  order: { readonly cause: string; readonly until: Instant; readonly now: Instant },
): Promise<readonly FeeLine[]> {
  if (!contract.recurringFees.some((fee) => fee.per === 'contract')) return [];
  const { entry } = await writer.execute<RecurringState>({
    chain: recurringChain(tenantId, contract.id),
    cause: order.cause,
    now: order.now,
    decide: (state) => {
      const fees = dueFees(contract, state?.billedUntil, order.until);
      const last = fees.at(-1);
      if (!last) return undefined;
      return { kind: 'fees_invoiced', body: { fees }, state: { billedUntil: fromRfc3339(last.period.end) ?? 0 } };
    },
  });
  return entry ? feesOf(entry) : [];
}

/** What would be due, without booking it. */
export async function previewRecurringFees(writer: ChainWriter, tenantId: string, contract: tenantV1.Contract, until: Instant): Promise<readonly FeeLine[]> {
  const state = await writer.state<RecurringState>(recurringChain(tenantId, contract.id));
  return dueFees(contract, state?.billedUntil, until);
}

function feesOf(entry: Entry): readonly FeeLine[] {
  return fromCanonicalBytes<{ fees: readonly FeeLine[] }>(entry.body).fees;
}

function dueFees(contract: tenantV1.Contract, billedUntil: Instant | undefined, until: Instant): readonly FeeLine[] {
  const fees = contract.recurringFees.filter((fee) => fee.per === 'contract');
  if (fees.length === 0) return [];
  return endedPeriods(contract, billedUntil, until).flatMap((period) => fees.map((fee) => feeLine(fee, period)));
}

/** Fees of a period that the contract began or ended in are charged by the day, as rating does for fees of devices. */
function feeLine(fee: tenantV1.RecurringFee, period: ContractPeriod): FeeLine {
  return {
    feeId: fee.code,
    description: fee.description || fee.code,
    period: { start: toRfc3339(period.start), end: toRfc3339(period.end) },
    quantity: shareOf(Decimal.one, period).toString(),
    unit: 'period',
    amount: shareOf(parseDecimal(fee.amount), period).toString(),
  };
}

/** Divided last, so that a share that comes out even is exact. */
function shareOf(value: Decimal, { days, of }: ContractPeriod): Decimal {
  return days === of ? value : value.times(Decimal.fromInteger(days)).dividedBy(Decimal.fromInteger(of)).rounded(shareDigits);
}
