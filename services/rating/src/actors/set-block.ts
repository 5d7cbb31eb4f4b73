import type { AccountState } from './account-state.js';
import type { SetBlockInput } from './device-account.contract.js';
import type { AccountDraft } from './write-accounts.js';

/**
 * The entry that blocks or unblocks a device; undefined when nothing changes. Requests of a customer's account are told by facts,
 * and between two consumers a block may arrive after the payment that lifts it: the account remembers the newest entry that
 * asked, and what an older one asked for is void.
 */
export function blockDraft(state: AccountState, { blocked, reason, now, askedBy }: SetBlockInput): AccountDraft | undefined {
  const before = state.blockAskedBy;
  if (askedBy && before?.chain === askedBy.chain && before.n >= askedBy.n) return undefined;
  const isSo = (state.blocked !== undefined) === blocked;
  if (isSo && !askedBy) return undefined;
  const next = { ...state, blockAskedBy: askedBy ?? before };
  if (isSo) return { kind: 'block_noted', body: { reason }, state: next };
  return { kind: blocked ? 'blocked' : 'unblocked', body: { reason }, state: { ...next, blocked: blocked ? { reason, since: now } : undefined } };
}
