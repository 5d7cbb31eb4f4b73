import type { factsV1, invoicingV1 } from '@tollkeeper/contracts';
import { fromRfc3339 } from '@tollkeeper/kernel';
import { ComesTooEarly } from '@tollkeeper/nest-kit';
import { bookCreditNote, bookInvoice } from '@tollkeeper/receivables';
import type { CustomerAccounts } from '../usecases/account-entries.js';

/**
 * Every issued invoice and credit note is booked on its customer's account; a fact that is told again books nothing. A credit
 * note that comes before its invoice, which happens when a process is lost that had taken the invoice, waits for it.
 */
export async function bookDocument(accounts: CustomerAccounts, { what, tenantId, at }: factsV1.Fact): Promise<void> {
  if (what.case !== 'invoiceIssued' && what.case !== 'creditNoteIssued') return;
  const document = what.value;
  const key = { tenantId, customerId: document.customerId, currency: document.currency };
  const about = { entity: document.billingEntityId, invoiceId: document.correctsId || document.id, number: document.number };
  const now = fromRfc3339(at) ?? 0;
  if (what.case === 'invoiceIssued') {
    const { reference } = document;
    await accounts.book(key, { cause: invoiceCause(document.id), now, kind: 'invoiced', about: { ...about, reference }, book: (state) => bookInvoice(state, toBook(document)) });
  } else {
    if (!(await accounts.isBooked(key, invoiceCause(document.correctsId))))
      throw new ComesTooEarly(`the invoice ${document.correctsId} that it corrects is not booked yet`);
    const note = { ...toBook(document), correctsId: document.correctsId };
    await accounts.book(key, { cause: `credit-note:${document.id}`, now, kind: 'credited', about, book: (state) => bookCreditNote(state, note) });
  }
}

function invoiceCause(invoiceId: string): string {
  return `invoice:${invoiceId}`;
}

function toBook(document: invoicingV1.Invoice) {
  const { id: invoiceId, number, reference, dueDate, net, tax, rounding, total } = document;
  return { invoiceId, number, reference, dueDate, net, tax, rounding, total };
}
