import { create } from '@bufbuild/protobuf';
import { invoicingV1 } from '@tollkeeper/contracts';
import type { BillRunDocument } from './views.js';

export function toBillRunMessage({ id, status, createdAt, finishedAt, state }: BillRunDocument): invoicingV1.BillRun {
  return create(invoicingV1.BillRunSchema, {
    id,
    billingEntityId: state.order.billingEntityId,
    until: state.order.until,
    status,
    customers: state.order.customerIds.length || state.customersDone,
    customersDone: state.customersDone,
    invoices: state.invoices,
    held: state.held,
    net: state.net,
    tax: state.tax,
    total: state.total,
    currency: state.order.currency,
    createdAt,
    finishedAt,
    failures: state.failures.map(({ customerId, detail }) => ({ customerId, detail })),
  });
}
