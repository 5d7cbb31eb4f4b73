import type { factsV1, ratingV1 } from '@tollkeeper/contracts';
import { fromRfc3339 } from '@tollkeeper/kernel';
import { factsTopic } from '@tollkeeper/nest-kit';
import type { Bus, Subscription } from '@tollkeeper/ports';
import type { DueCharges } from '../usecases/due-charges.js';

export interface ClosedAccountPorts {
  readonly bus: Bus;
  readonly due: DueCharges;
  onFailed(fact: factsV1.Fact, error: unknown): void;
}

const retryDelayMs = 1000;

/**
 * An account that closed itself because it reached its threshold gets its invoice at once; those that held a charge for the
 * longest time wait for one invoice over all of their customer's. Accounts that a bill run closed are the run's.
 */
export function invoiceClosedAccounts(ports: ClosedAccountPorts): Subscription {
  return ports.bus.subscribe(factsTopic, { group: 'invoicing', maxInFlight: 256 }, async (deliveries) => {
    for (const delivery of deliveries) {
      const { what } = delivery.value;
      if (what.case !== 'accountClosed' || (what.value.reason !== 'threshold' && what.value.reason !== 'longest_time')) {
        delivery.ack();
        continue;
      }
      try {
        await invoice(ports.due, delivery.value, what.value);
        delivery.ack();
      } catch (error) {
        ports.onFailed(delivery.value, error);
        delivery.retry(retryDelayMs);
      }
    }
  });
}

/** Once the charges wait in a chain the fact has done its work: whatever keeps them from being invoiced is tried again from there. */
async function invoice(due: DueCharges, { tenantId, chain, n, at }: factsV1.Fact, closed: ratingV1.AccountClosed): Promise<void> {
  const now = fromRfc3339(closed.closedAt) ?? fromRfc3339(at) ?? 0;
  const cause = `closed:${chain}#${n}`;
  await due.keep(tenantId, closed, cause, n, now);
  if (closed.reason === 'threshold') await due.invoiceCustomer(tenantId, closed.customerId, closed.currency, cause, now);
}
