import { hash as digest } from 'node:crypto';
import { contentBytes } from './encoding.js';
import { type Entry, type EntryDraft, genesis } from './entry.js';

/** SHA-256 (FIPS 180-4) over the canonical content, `prev` included. */
export function hashOf(entry: Omit<Entry, 'hash'>): Uint8Array {
  return digest('sha256', contentBytes(entry), 'buffer');
}

/** The append rule: the next entry of a chain is its head's number plus one and carries its head's hash. */
export function nextEntry(chain: string, head: Pick<Entry, 'n' | 'hash'> | undefined, draft: EntryDraft): Entry {
  const content = {
    chain,
    n: (head?.n ?? 0) + 1,
    prev: head?.hash ?? genesis,
    bookedAt: draft.bookedAt,
    cause: draft.cause,
    kind: draft.kind,
    body: draft.body,
    state: draft.state,
  };
  return { ...content, hash: hashOf(content) };
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
