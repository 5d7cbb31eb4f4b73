import type { Allocation, CustomerAccountState, DunningPolicy, Ledger } from '@tollkeeper/receivables';
import type { View, ViewDocument, ViewStore } from '@tollkeeper/ports';

export interface CustomerAccountDocument extends ViewDocument {
  readonly tenant: string;
  readonly customer: string;
  readonly currency: string;
  readonly entity: string;
  readonly state: CustomerAccountState;
  readonly hash: string;
  /** Due date of the oldest open item; absent when nothing is open, so that the index holds only accounts to look at. */
  readonly oldestDue?: string;
}

/** What finds the customer of a payment: the reference printed on an invoice. */
export interface ReferenceDocument extends ViewDocument {
  readonly tenant: string;
  /** In normal form. */
  readonly reference: string;
  readonly customerId: string;
  readonly invoiceId: string;
  readonly currency: string;
  readonly entity: string;
}

/** Where the money of a payment lies. */
export type PaymentStatus = 'received' | 'matched' | 'partial' | 'overpaid' | 'unmatched';

export interface PaymentDocument extends ViewDocument {
  readonly tenant: string;
  /** Absent while unmatched. */
  readonly customer?: string;
  readonly status: PaymentStatus;
  readonly amount: string;
  readonly currency: string;
  readonly reference: string;
  readonly receivedAt: string;
  readonly allocations: readonly Allocation[];
  readonly unallocated: string;
  readonly bankIdentity: string;
  readonly source: string;
  readonly createdAt: string;
}

/** What a payer wrote: personal data, so it is a record and not in a chain. */
export interface PayerDocument extends ViewDocument {
  readonly payer: string;
  readonly text: string;
}

/** Sums by ledger account of one chain; together they are the trial balance. */
interface LedgerDocument extends ViewDocument {
  readonly tenant: string;
  readonly currency: string;
  readonly ledger: Ledger;
}

export interface DunningPolicyDocument extends ViewDocument {
  readonly tenant: string;
  readonly entity: string;
  readonly policy: DunningPolicy;
}

export interface ReceivablesViews {
  readonly accounts: View<CustomerAccountDocument>;
  readonly references: View<ReferenceDocument>;
  readonly payments: View<PaymentDocument>;
  readonly payers: View<PayerDocument>;
  readonly ledgers: View<LedgerDocument>;
  readonly policies: View<DunningPolicyDocument>;
}

export function openReceivablesViews(store: ViewStore): ReceivablesViews {
  return {
    accounts: store.view({
      name: 'customer-accounts',
      kind: 'rebuildable',
      indexes: { byCustomer: ['tenant', 'customer', 'currency'], byOldestDue: ['tenant', 'oldestDue'] },
    }),
    references: store.view({ name: 'payment-references', kind: 'rebuildable', indexes: { byReference: ['tenant', 'reference', 'id'] } }),
    payments: store.view({
      name: 'payments',
      kind: 'rebuildable',
      indexes: {
        byTenant: ['tenant', 'createdAt', 'id'],
        byCustomer: ['tenant', 'customer', 'createdAt', 'id'],
        byStatus: ['tenant', 'status', 'createdAt', 'id'],
      },
    }),
    payers: store.view({ name: 'payers', kind: 'record', indexes: {} }),
    ledgers: store.view({ name: 'ledgers', kind: 'rebuildable', indexes: { byTenant: ['tenant', 'currency', 'id'] } }),
    policies: store.view({ name: 'dunning-policies', kind: 'rebuildable', indexes: { byTenant: ['tenant', 'entity'] } }),
  };
}
