import { type ChainFault, ChainVerifier } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';

export interface VerifiedChains {
  readonly chains: number;
  readonly entries: number;
  readonly faults: readonly ChainFault[];
  /** Name of the last chain looked at, when there are more behind it. */
  readonly next: string | undefined;
}

const entriesPage = 500;

/** Proves every entry of up to `limit` chains whose names start with `prefix` and sort after `after`. */
export async function verifyChains(store: ChainStore, prefix: string, after: string, limit: number): Promise<VerifiedChains> {
  const names = await store.chains(prefix, after, limit);
  const faults: ChainFault[] = [];
  let entries = 0;
  for (const name of names) {
    const verifier = new ChainVerifier(name);
    const [head] = await store.heads([name]);
    let fault: ChainFault | undefined;
    while (!fault && verifier.head.n < (head?.n ?? 0)) {
      const page = await store.read(name, verifier.head.n + 1, Number.MAX_SAFE_INTEGER, entriesPage);
      if (page.length === 0) {
        fault = { chain: name, n: verifier.head.n + 1, what: 'missing_or_reordered', detail: `the chain ends before its head, entry ${head?.n}` };
      }
      for (const entry of page) {
        fault ??= verifier.next(entry);
        entries++;
      }
    }
    if (fault) faults.push(fault);
  }
  return { chains: names.length, entries, faults, next: names.length === limit ? names.at(-1) : undefined };
}
