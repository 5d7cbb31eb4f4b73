import type { factsV1, invoicingV1 } from '@tollkeeper/contracts';
import { fromRfc3339 } from '@tollkeeper/kernel';
import { normalisePaymentReference } from '@tollkeeper/invoicing';
import { factsTopic } from '@tollkeeper/nest-kit';
import type { Bus, Subscription } from '@tollkeeper/ports';
import { bookCreditNote, bookInvoice } from '@tollkeeper/receivables';
import type { CustomerAccounts } from '../usecases/account-entries.js';
import { type ReceivablesViews, referenceId } from '../store/views.js';

export interface DocumentPorts {
  readonly bus: Bus;
  readonly accounts: CustomerAccounts;
  readonly views: ReceivablesViews;
  onFailed(fact: factsV1.Fact, error: unknown): void;
}

const retryDelayMs = 500;

/** Every issued invoice and credit note is booked on its customer's account. */
export function bookDocuments(ports: DocumentPorts): Subscription {
  return ports.bus.subscribe(factsTopic, { group: 'receivables', maxInFlight: 256 }, async (deliveries) => {
    for (const [i, delivery] of deliveries.entries()) {
      try {
        await book(ports, delivery.value);
        delivery.ack();
      } catch (error) {
        ports.onFailed(delivery.value, error);
        // A credit note must not overtake its invoice: what stands behind the failed fact waits with it.
        for (const later of deliveries.slice(i)) later.retry(retryDelayMs);
        return;
      }
    }
  });
}

async function book(ports: DocumentPorts, fact: factsV1.Fact): Promise<void> {
  const { what, tenantId } = fact;
  if (what.case !== 'invoiceIssued' && what.case !== 'creditNoteIssued') return;
  const document = what.value;
  const key = { tenantId, customerId: document.customerId, currency: document.currency };
  const about = { entity: document.billingEntityId, invoiceId: document.correctsId || document.id, number: document.number };
  const now = fromRfc3339(fact.at) ?? 0;
  if (what.case === 'invoiceIssued') {
    await rememberReference(ports.views, tenantId, document);
    await ports.accounts.book(key, { cause: `invoice:${document.id}`, now, kind: 'invoiced', about, book: (state) => bookInvoice(state, toBook(document)) });
  } else {
    const note = { ...toBook(document), correctsId: document.correctsId };
    await ports.accounts.book(key, { cause: `credit-note:${document.id}`, now, kind: 'credited', about, book: (state) => bookCreditNote(state, note) });
  }
}

/** The reference is known before the item is open, so that no payment of it goes to suspense. */
async function rememberReference(views: ReceivablesViews, tenantId: string, invoice: invoicingV1.Invoice): Promise<void> {
  await views.references.put([
    {
      id: referenceId(tenantId, normalisePaymentReference(invoice.reference)),
      version: 1,
      customer: invoice.customerId,
      invoiceId: invoice.id,
      currency: invoice.currency,
      entity: invoice.billingEntityId,
    },
  ]);
}

function toBook(document: invoicingV1.Invoice) {
  const { id: invoiceId, number, reference, dueDate, net, tax, rounding, total } = document;
  return { invoiceId, number, reference, dueDate, net, tax, rounding, total };
}
