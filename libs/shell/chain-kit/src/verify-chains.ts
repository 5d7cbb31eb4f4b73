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

/**
 * The same over several kinds of chains of one tenant (or of all tenants, for an empty id), kind after kind; `cursor` is
 * the `next` of the page before.
 */
export async function verifyTenantChains(
  store: ChainStore,
  prefixes: readonly string[],
  { tenantId, cursor, limit }: { readonly tenantId: string; readonly cursor: string; readonly limit: number },
): Promise<VerifiedChains> {
  const start = prefixes.findIndex((prefix) => cursor.startsWith(prefix));
  let seen: VerifiedChains = { chains: 0, entries: 0, faults: [], next: undefined };
  for (const prefix of prefixes.slice(Math.max(start, 0))) {
    const left = limit - seen.chains;
    const page = await verifyChains(store, tenantId === '' ? prefix : `${prefix}${tenantId}/`, cursor.startsWith(prefix) ? cursor : '', left);
    seen = {
      chains: seen.chains + page.chains,
      entries: seen.entries + page.entries,
      faults: [...seen.faults, ...page.faults],
      next: page.next,
    };
    if (page.next !== undefined) return seen;
  }
  return seen;
}
