import type { Invoice, InvoiceParty } from '@tollkeeper/invoicing';
import type { View, ViewDocument, ViewStore } from '@tollkeeper/ports';
import type { BillRunState } from '../usecases/bill-run.state.js';

/** An issued document as its chain holds it: without the buyer's name and address. */
export type BookedInvoice = Omit<Invoice, 'buyer'>;

export interface InvoiceDocument extends ViewDocument {
  readonly tenant: string;
  readonly customer: string;
  readonly entity: string;
  readonly number: string;
  /** Only on documents of a bill run, so that its index holds no others. */
  readonly billRun?: string;
  readonly invoice: BookedInvoice;
  readonly closed: readonly ClosedReference[];
  readonly chain: string;
  readonly hash: string;
  readonly issuedAt: string;
}

/** A `closed` entry of a device account that an invoice is made of. */
export interface ClosedReference {
  readonly device: string;
  readonly n: number;
  readonly hash: string;
}

/** The buyer as printed. Erasable, so it is a record and never in a chain. */
export interface BuyerDocument extends ViewDocument {
  readonly tenant: string;
  readonly customer: string;
  readonly buyer: InvoiceParty & { readonly business: boolean };
}

export interface BillRunDocument extends ViewDocument {
  readonly tenant: string;
  readonly status: string;
  readonly createdAt: string;
  readonly finishedAt: string;
  readonly state: BillRunState;
}

/** A customer's due charges; `tenant` is there only while something waits, so that the index holds no others. */
interface DueDocument extends ViewDocument {
  readonly tenant?: string;
}

export interface InvoicingViews {
  readonly due: View<DueDocument>;
  readonly invoices: View<InvoiceDocument>;
  readonly buyers: View<BuyerDocument>;
  readonly billRuns: View<BillRunDocument>;
}

export function openInvoicingViews(store: ViewStore): InvoicingViews {
  return {
    due: store.view({ name: 'due-charges', kind: 'rebuildable', indexes: { byTenant: ['tenant', 'id'] } }),
    invoices: store.view({
      name: 'invoices',
      kind: 'rebuildable',
      indexes: {
        byTenant: ['tenant', 'issuedAt', 'number'],
        byCustomer: ['tenant', 'customer', 'issuedAt', 'number'],
        byEntity: ['tenant', 'entity', 'issuedAt', 'number'],
        byBillRun: ['tenant', 'billRun', 'number'],
        byNumber: ['tenant', 'number'],
      },
    }),
    buyers: store.view({ name: 'invoice-buyers', kind: 'record', indexes: { byCustomer: ['tenant', 'customer'] } }),
    billRuns: store.view({
      name: 'bill-runs',
      kind: 'rebuildable',
      indexes: { byTenant: ['tenant', 'id'], byStatus: ['status', 'id'] },
    }),
  };
}
