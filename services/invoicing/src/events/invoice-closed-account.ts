import type { factsV1, ratingV1 } from '@tollkeeper/contracts';
import { fromRfc3339, Problem } from '@tollkeeper/kernel';
import { factsTopic, type ServiceClient } from '@tollkeeper/nest-kit';
import type { Bus, Subscription } from '@tollkeeper/ports';
import { fromClosedAccounts, loadParties } from '../usecases/gather-charges.js';
import type { DueCharges } from '../usecases/due-charges.js';
import type { DocumentIssuer } from '../usecases/issue-document.js';

export interface ClosedAccountPorts {
  readonly bus: Bus;
  readonly client: ServiceClient;
  readonly issuer: DocumentIssuer;
  readonly due: DueCharges;
  onFailed(fact: factsV1.Fact, error: unknown): void;
}

const retryDelayMs = 1000;

/** Reasons for which no bill run asked: `final` is what a device held when it changed customer, contract or partner. */
const selfClosed: ReadonlySet<string> = new Set(['threshold', 'longest_time', 'final']);

/**
 * An account that closed itself because it reached its threshold gets its invoice at once; those that held a charge for the
 * longest time, or changed hands, wait for one invoice over all of their customer's. Accounts that a bill run closed are the run's.
 */
export function invoiceClosedAccounts(ports: ClosedAccountPorts): Subscription {
  return ports.bus.subscribe(factsTopic, { group: 'invoicing', maxInFlight: 256 }, async (deliveries) => {
    for (const delivery of deliveries) {
      const { what } = delivery.value;
      if (what.case !== 'accountClosed' || !selfClosed.has(what.value.reason)) {
        delivery.ack();
        continue;
      }
      try {
        await invoice(ports, delivery.value, what.value);
        delivery.ack();
      } catch (error) {
        ports.onFailed(delivery.value, error);
        // What no retry can mend is in the log and in the account; everything else is tried until it works.
        if (error instanceof Problem && error.status < 500) delivery.ack();
        else delivery.retry(retryDelayMs);
      }
    }
  });
}

async function invoice(ports: ClosedAccountPorts, fact: factsV1.Fact, closed: ratingV1.AccountClosed): Promise<void> {
  const now = fromRfc3339(closed.closedAt) ?? fromRfc3339(fact.at) ?? 0;
  const cause = `closed:${fact.chain}#${fact.n}`;
  if (closed.reason !== 'threshold') return ports.due.keep(fact.tenantId, closed, cause, fact.n, now);
  const parties = await loadParties(ports.client, fact.tenantId, closed.customerId);
  const account = { device: closed.device, n: fact.n, hash: '', lines: closed.lines };
  const charges = fromClosedAccounts([account], parties.buyer);
  if (charges.usage.length + charges.fees.length === 0) return;
  await ports.issuer.issueInvoice({ tenantId: fact.tenantId, cause, now }, parties, { ...charges, held: 0 });
}
