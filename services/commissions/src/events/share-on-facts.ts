import type { factsV1 } from '@tollkeeper/contracts';
import { instantOfFact, type RevenueSharing } from '../usecases/share-revenue.js';

/** Invoices, credit notes and payments move partners' shares; they come in the tenant's order, so that a payment never overtakes its invoice. */
export async function shareOnFact(sharing: RevenueSharing, { tenantId, id, at, what }: factsV1.Fact): Promise<void> {
  const now = instantOfFact(at);
  switch (what.case) {
    case 'invoiceIssued':
      return sharing.invoiceIssued(tenantId, id, now, what.value);
    case 'creditNoteIssued':
      return sharing.creditNoteIssued(tenantId, id, now, what.value);
    case 'paymentReceived':
      return what.value.payment && sharing.paymentReceived(tenantId, id, now, what.value.payment);
    default:
      return undefined;
  }
}
