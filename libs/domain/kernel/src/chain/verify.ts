import { hashOf, sameBytes } from './append.js';
import { type Entry, genesis } from './entry.js';

/** Where a chain stops being what was written. */
export interface ChainFault {
  readonly chain: string;
  readonly n: number;
  readonly what: 'edited' | 'missing_or_reordered' | 'foreign';
  readonly detail: string;
}

/**
 * Checks entries one after the other, from the first on; keeps only the last hash, so that a chain of any length is
 * verified in constant memory. Entries cut off at the end are found by comparing the head with one kept elsewhere.
 */
export class ChainVerifier {
  private n = 0;
  private last: Uint8Array = genesis;

  constructor(readonly chain: string) {}

  /** The head that the entries seen so far lead to. */
  get head(): { readonly n: number; readonly hash: Uint8Array } {
    return { n: this.n, hash: this.last };
  }

  /** The fault that this entry shows, or undefined when it follows rightly. After a fault the chain proves nothing more. */
  next(entry: Entry): ChainFault | undefined {
    const fault = (what: ChainFault['what'], detail: string): ChainFault => ({ chain: this.chain, n: entry.n, what, detail });
    if (entry.chain !== this.chain) return fault('foreign', `the entry says it belongs to ${entry.chain}`);
    if (entry.n !== this.n + 1) return fault('missing_or_reordered', `entry ${this.n + 1} should stand here`);
    if (!sameBytes(entry.prev, this.last)) return fault('missing_or_reordered', 'it does not carry the hash of the entry before it');
    if (!sameBytes(entry.hash, hashOf(entry))) return fault('edited', 'its content does not have the hash that it states');
    this.n = entry.n;
    this.last = entry.hash;
    return undefined;
  }
}
