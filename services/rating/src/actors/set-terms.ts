import type { Instant, Json } from '@tollkeeper/kernel';
import { emptyRatingState } from '@tollkeeper/rating';
import type { AccountState } from './account-state.js';
import { accrueFees } from './close-account.js';
import type { DeviceTerms } from './device-terms.js';
import { encodeTerms } from './device-terms.codec.js';
import type { AccountDraft } from './write-accounts.js';

/**
 * True when what the account holds belongs to somebody else than what it will hold: it is closed first, so that each
 * charge goes to the customer, department and partner of its time, in the currency of its time.
 */
export function mustCloseFirst(state: AccountState, terms: DeviceTerms): boolean {
  const { terms: before } = state;
  return (
    before.customerId !== terms.customerId ||
    before.currency !== terms.currency ||
    before.department !== terms.department ||
    before.partnerId !== terms.partnerId ||
    before.contractId !== terms.contractId
  );
}

/** The entry that puts a device under terms; undefined when it is under them, or under newer ones of that contract. */
export function termsDraft(state: AccountState | undefined, terms: DeviceTerms, now: Instant): AccountDraft | undefined {
  const bytes = encodeTerms(terms);
  const body = { terms: JSON.parse(JSON.stringify(terms)) as Json };
  if (!state) return { kind: 'terms_set', body, state: openAccount(terms, bytes, now) };
  const { contractId, contractVersion } = state.terms;
  if (contractId === terms.contractId && contractVersion >= terms.contractVersion) return undefined;
  return { kind: 'terms_set', body, state: { ...accrueFees(state, now, now), terms, termsBytes: bytes } };
}

function openAccount(terms: DeviceTerms, bytes: Uint8Array, now: Instant): AccountState {
  return {
    terms,
    termsBytes: bytes,
    blocked: undefined,
    blockAskedBy: undefined,
    openedAt: now,
    lastClosedAt: 0,
    closedUntil: 0,
    feesUntil: 0,
    heldSince: 0,
    pages: 0,
    lastDigest: 0,
    events: 0,
    sources: [],
    pending: [],
    rated: emptyRatingState,
  };
}
