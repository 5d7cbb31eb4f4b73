import type { ViewDefinition, ViewDocument } from '@tollkeeper/ports';
import type { Account } from '../actors/account-store.js';
import { longestUntil } from '../actors/close-account.js';

/** Which device accounts there are, whose they are, and when to look at them. Amounts are read from the chains. */
export interface DeviceAccountDocument extends ViewDocument {
  readonly tenantId: string;
  readonly device: string;
  readonly customerId: string;
  readonly contractId: string;
  readonly currency: string;
  /** When the account is to be looked at, in milliseconds; absent where nothing is held for a longest time. */
  readonly dueAt?: number;
}

export const deviceAccountsView: ViewDefinition = {
  name: 'device-accounts',
  kind: 'rebuildable',
  indexes: {
    tenant: ['tenantId', 'device'],
    customer: ['tenantId', 'customerId', 'device'],
    contract: ['tenantId', 'contractId', 'device'],
    due: ['tenantId', 'dueAt'],
  },
};

const dayMs = 86_400_000;

/**
 * The document of an account. An account that holds nothing is looked at again after the longest time, because the charge
 * that it may get meanwhile writes no document: a page costs nothing but its entry.
 */
export function toDeviceAccountDocument(account: Account, now: number): DeviceAccountDocument | undefined {
  const { state } = account;
  if (!state) return undefined;
  const { customerId, contractId, currency, hold } = state.terms;
  const document = {
    id: `${account.tenantId}/${account.device}`,
    version: account.n,
    tenantId: account.tenantId,
    device: account.device,
    customerId,
    contractId,
    currency,
  };
  if (hold.longestDays === 0) return document;
  const longest = longestUntil(state);
  return { ...document, dueAt: longest === 0 ? now + hold.longestDays * dayMs : longest };
}
