/** Chains that commissions owns. */
export const chainPrefixes = ['agreement/', 'share/', 'partner/'] as const;

export function agreementChain(tenantId: string, agreementId: string): string {
  return `agreement/${tenantId}/${agreementId}`;
}

/** What partners share of one invoice. */
export function shareChain(tenantId: string, invoiceId: string): string {
  return `share/${tenantId}/${invoiceId}`;
}

export function partnerChain(tenantId: string, partnerId: string, currency: string): string {
  return `partner/${tenantId}/${partnerId}/${currency}`;
}

export function tenantOfChain(chain: string): string {
  return chain.split('/')[1] ?? '';
}
