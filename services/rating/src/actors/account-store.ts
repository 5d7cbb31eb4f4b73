import { type Entry, sameBytes } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import { type AccountState, decodeState } from './account-state.js';

/** A device account as its head shows it. `n` 0 and no state: no contract has put the device under terms. */
export interface Account {
  readonly chain: string;
  readonly tenantId: string;
  readonly device: string;
  readonly n: number;
  readonly hash: Uint8Array | undefined;
  readonly state: AccountState | undefined;
  /** Set when the head cannot be read: nothing may be written on top of it. */
  readonly fault?: Error;
}

export const deviceChainPrefix = 'device/';

export function deviceChain(tenantId: string, device: string): string {
  return `${deviceChainPrefix}${tenantId}/${device}`;
}

/** Tenant and device that a chain's name says. */
export function fromDeviceChain(chain: string): { readonly tenantId: string; readonly device: string } {
  const slash = chain.indexOf('/', deviceChainPrefix.length);
  return { tenantId: chain.slice(deviceChainPrefix.length, slash), device: chain.slice(slash + 1) };
}

export function accountAt(chain: string, head: Entry | undefined): Account {
  const base = { chain, ...fromDeviceChain(chain), n: head?.n ?? 0, hash: head?.hash };
  try {
    return { ...base, state: head && decodeState(head.state) };
  } catch (error) {
    return { ...base, state: undefined, fault: new Error(`entry ${base.n} of ${chain} cannot be read: ${String(error)}`) };
  }
}

/**
 * Heads of the accounts that were used last; nothing but a cache. An idle account costs no memory once others have taken
 * its place. Two generations: when the younger is full it becomes the older, and what of that is not used again is gone
 * with the next change.
 */
export class AccountStore {
  private young = new Map<string, Account>();
  private old = new Map<string, Account>();

  constructor(
    private readonly chains: ChainStore,
    private readonly maxCached: number,
  ) {}

  /** The accounts of these chains, in the order asked for; one read for all that are not cached. */
  async load(chains: readonly string[]): Promise<Account[]> {
    const accounts: (Account | undefined)[] = chains.map((chain) => this.cached(chain));
    const missing: number[] = [];
    for (let i = 0; i < accounts.length; i++) if (!accounts[i]) missing.push(i);
    if (missing.length > 0) {
      const heads = await this.chains.heads(missing.map((i) => chains[i] ?? ''));
      for (const [at, i] of missing.entries()) {
        const account = accountAt(chains[i] ?? '', heads[at]);
        accounts[i] = account;
        if (account.state) this.keep(account);
      }
    }
    return accounts as Account[];
  }

  /** The accounts as the chain has them now, whatever is cached: for decisions that may end in writing nothing. */
  async reload(chains: readonly string[]): Promise<Account[]> {
    const heads = await this.chains.heads(chains);
    return chains.map((chain, i) => {
      const head = heads[i];
      const cached = this.cached(chain);
      if (cached && cached.n === head?.n && cached.hash && sameBytes(cached.hash, head.hash)) return cached;
      const account = accountAt(chain, head);
      if (account.state) this.keep(account);
      return account;
    });
  }

  /** The account after an entry of ours was appended. */
  keep(account: Account): void {
    this.young.set(account.chain, account);
    if (this.young.size * 2 <= this.maxCached) return;
    this.old = this.young;
    this.young = new Map();
  }

  drop(chain: string): void {
    this.young.delete(chain);
    this.old.delete(chain);
  }

  private cached(chain: string): Account | undefined {
    const young = this.young.get(chain);
    if (young) return young;
    const old = this.old.get(chain);
    // Used again, so it stays; the one that follows it is kept as the younger one in any case.
    if (old) this.keep(old);
    return old;
  }
}
