import { create } from '@bufbuild/protobuf';
import { receivablesV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, toRfc3339 } from '@tollkeeper/kernel';
import { accountSums, emptyCustomerAccount, type DunningPolicy } from '@tollkeeper/receivables';
import type { AccountBody, AccountState } from '../usecases/account-entries.js';
import type { PayerDocument, PaymentDocument } from './views.js';

export function toAccountMessage(customerId: string, currency: string, head: Entry | undefined, today: string): receivablesV1.CustomerAccount {
  const state = head ? fromCanonicalBytes<AccountState>(head.state) : { ...emptyCustomerAccount, blockedDevices: {} };
  return create(receivablesV1.CustomerAccountSchema, {
    customerId,
    currency,
    ...accountSums(state, today),
    credit: state.credit,
    openItems: state.items.map((item) => ({
      invoiceId: item.invoiceId,
      number: item.number,
      reference: item.reference,
      dueDate: item.dueDate,
      amount: item.total,
      open: item.open,
      step: item.step,
      blocking: item.blocking,
    })),
    blocked: Object.keys(state.blockedDevices).length > 0,
    headHash: head ? Buffer.from(head.hash).toString('hex') : '',
    entries: head?.n ?? 0,
  });
}

export function toStatementLine(entry: Entry, currency: string): receivablesV1.StatementLine {
  const body = fromCanonicalBytes<AccountBody>(entry.body);
  const state = fromCanonicalBytes<AccountState>(entry.state);
  return create(receivablesV1.StatementLineSchema, {
    date: toRfc3339(entry.bookedAt).slice(0, 10),
    kind: entry.kind,
    text: textOf(entry.kind, body),
    amount: body.amount,
    balance: accountSums(state, '').balance,
    invoiceId: body.invoiceId,
    paymentId: body.paymentId,
    postings: body.postings.map((posting) => ({ ...posting, currency })),
    n: entry.n,
  });
}

function textOf(kind: string, body: AccountBody): string {
  switch (kind) {
    case 'invoiced':
      return `Invoice ${body.number}`;
    case 'credited':
      return `Credit note ${body.number}`;
    case 'paid':
      return body.allocations.length > 0 ? `Payment of ${body.allocations.map(({ number }) => number).join(', ')}` : 'Payment on account';
    case 'dunned':
      return body.step?.action === 'block' ? `Devices blocked for invoice ${body.number}` : `Reminder ${body.step?.number ?? ''} of invoice ${body.number}`;
    default:
      return `Written off: invoice ${body.number}`;
  }
}

export function toPaymentMessage(document: PaymentDocument, payer: PayerDocument | undefined): receivablesV1.Payment {
  const { id, amount, currency, reference, receivedAt, status, customer = '', unallocated, bankIdentity, source, createdAt } = document;
  return create(receivablesV1.PaymentSchema, {
    id,
    amount,
    currency,
    reference,
    receivedAt,
    text: payer?.text,
    payer: payer?.payer,
    status,
    allocations: document.allocations.map((allocation) => ({ customerId: customer, ...allocation })),
    customerId: customer,
    unallocated,
    bankIdentity,
    source,
    createdAt,
  });
}

export function toPolicyMessage(billingEntityId: string, policy: DunningPolicy, currency: string, version: number): receivablesV1.DunningPolicy {
  return create(receivablesV1.DunningPolicySchema, {
    billingEntityId,
    steps: policy.steps.map((step) => ({ ...step, currency })),
    minimum: policy.minimum,
    version,
  });
}
