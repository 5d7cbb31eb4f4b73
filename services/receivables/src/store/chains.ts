/** Chains that receivables owns. */
export const chainPrefixes = ['customer/', 'payment/', 'suspense/', 'dunning-policy/'] as const;

export function customerChain(tenantId: string, customerId: string, currency: string): string {
  return `customer/${tenantId}/${customerId}/${currency}`;
}

/** One payment: entry 1 when it arrived, later ones when it was assigned by hand. */
export function paymentChain(tenantId: string, paymentId: string): string {
  return `payment/${tenantId}/${paymentId}`;
}

/** Money of a tenant whose payer is not known. */
export function suspenseChain(tenantId: string, currency: string): string {
  return `suspense/${tenantId}/${currency}`;
}

export function dunningPolicyChain(tenantId: string, billingEntityId: string): string {
  return `dunning-policy/${tenantId}/${billingEntityId}`;
}

export function tenantOfChain(chain: string): string {
  return chain.split('/')[1] ?? '';
}
