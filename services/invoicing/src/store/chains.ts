/** Chains that invoicing owns. */
export const chainPrefixes = ['series/', 'bill-run/', 'credit/', 'recurring/', 'due/', 'unbilled/'] as const;

/** Entry n of a number series is its document n: insert-if-absent makes the numbers gapless (G8). `year` is that of the issue date. */
export function seriesChain(tenantId: string, billingEntityId: string, year: string): string {
  return `series/${tenantId}/${billingEntityId}/${year}`;
}

export function billRunChain(tenantId: string, billRunId: string): string {
  return `bill-run/${tenantId}/${billRunId}`;
}

/** What was credited of one invoice: its state holds every credit note, so that no two together take back too much. */
export function creditChain(tenantId: string, invoiceId: string): string {
  return `credit/${tenantId}/${invoiceId}`;
}

/** Up to when the fees of a contract have been invoiced. */
export function recurringChain(tenantId: string, contractId: string): string {
  return `recurring/${tenantId}/${contractId}`;
}

/** Charges of a customer's self-closed accounts that wait for an invoice. */
export function dueChain(tenantId: string, customerId: string, currency: string): string {
  return `due/${tenantId}/${customerId}/${currency}`;
}

/** Attempts at a customer that a bill run failed with, until a later one has invoiced them. */
export function unbilledChain(tenantId: string, customerId: string): string {
  return `unbilled/${tenantId}/${customerId}`;
}

export function tenantOfChain(chain: string): string {
  return chain.split('/')[1] ?? '';
}
