import type { factsV1 } from '@tollkeeper/contracts';
import { factsTopic } from '@tollkeeper/nest-kit';
import type { Bus, Subscription } from '@tollkeeper/ports';
import { instantOfFact, type RevenueSharing } from '../usecases/share-revenue.js';

const retryDelayMs = 500;

/**
 * Invoices, credit notes and payments move partners' shares. A payment or credit note may be told before the invoice that
 * it belongs to has been shared; facts of one tenant come in order, so that only happens for invoices without partners.
 */
export function shareOnFacts(bus: Bus, sharing: RevenueSharing, onFailed: (fact: factsV1.Fact, error: unknown) => void): Subscription {
  return bus.subscribe(factsTopic, { group: 'commissions', maxInFlight: 256 }, async (deliveries) => {
    for (const [i, delivery] of deliveries.entries()) {
      try {
        await share(sharing, delivery.value);
        delivery.ack();
      } catch (error) {
        onFailed(delivery.value, error);
        // What stands behind the failed fact waits with it, or a payment could overtake its invoice.
        for (const later of deliveries.slice(i)) later.retry(retryDelayMs);
        return;
      }
    }
  });
}

async function share(sharing: RevenueSharing, fact: factsV1.Fact): Promise<void> {
  const { tenantId, id, what } = fact;
  const at = instantOfFact(fact.at);
  switch (what.case) {
    case 'invoiceIssued':
      return sharing.invoiceIssued(tenantId, id, at, what.value);
    case 'creditNoteIssued':
      return sharing.creditNoteIssued(tenantId, id, at, what.value);
    case 'paymentReceived':
      return what.value.payment && sharing.paymentReceived(tenantId, id, at, what.value.payment);
    default:
      return undefined;
  }
}
