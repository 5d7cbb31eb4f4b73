import type { Instant } from '../clock.js';

/** Bytes that a SHA-256 fills. */
export const hashLength = 32;

/** `prev` of the first entry of every chain. */
export const genesis: Uint8Array = new Uint8Array(hashLength);

/**
 * One step of one account, written once and never changed. `n` counts from 1 without a gap. `body` says what happened and
 * `state` what the account is afterwards; both are canonical bytes whose form `kind` and the chain's owner decide
 * (canonical JSON, or the binary page of a device account), so that the hash never depends on a serialiser's mood.
 */
export interface Entry {
  readonly chain: string;
  readonly n: number;
  readonly prev: Uint8Array;
  readonly hash: Uint8Array;
  readonly bookedAt: Instant;
  /** What made this entry: a request, a batch, a payment. One cause makes at most one entry of a chain. */
  readonly cause: string;
  /** What happened, in the past tense: `usage_posted`, `closed`, `invoiced`. */
  readonly kind: string;
  readonly body: Uint8Array;
  readonly state: Uint8Array;
}

/** An entry before it has a place in its chain. */
export interface EntryDraft {
  readonly bookedAt: Instant;
  readonly cause: string;
  readonly kind: string;
  readonly body: Uint8Array;
  readonly state: Uint8Array;
}
