import type { ApiClient } from '@tollkeeper/api-client';

export interface Proof {
  readonly chains: number;
  readonly pages: number;
  readonly chainFaults: readonly object[];
  readonly pageFaults: readonly object[];
}

/** Proves all chains and prices all pages again, to the last page of the answer. */
export async function proveAll(client: ApiClient): Promise<Proof> {
  const chains = await follow(client, '/v1/chains/verify');
  const pages = await follow(client, '/v1/rerating/verify');
  return { chains: chains.chains, pages: pages.pages, chainFaults: chains.faults, pageFaults: pages.faults };
}

async function follow(client: ApiClient, path: string) {
  const sums = { chains: 0, pages: 0, faults: [] as object[] };
  let cursor: string | undefined;
  do {
    const page = await client.get<{ chains?: number; pages?: number; faults: readonly object[]; next_cursor?: string }>(path, { limit: 100, cursor });
    sums.chains += page.chains ?? 0;
    sums.pages += page.pages ?? 0;
    sums.faults.push(...page.faults);
    cursor = page.next_cursor;
  } while (cursor !== undefined && cursor !== '');
  return sums;
}

const scale = 12;

/** A decimal as a count of 10⁻¹²: exact, and not computed by the code under test. */
export function exact(decimal: string | undefined): bigint {
  const [, sign = '', whole = '0', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(decimal ?? '0') ?? [];
  if (fraction.length > scale) throw new Error(`${decimal} has more than ${scale} decimals`);
  const value = BigInt(whole) * 10n ** BigInt(scale) + BigInt(fraction.padEnd(scale, '0'));
  return sign === '-' ? -value : value;
}

/** Sum of the trial balance by currency; every one must be zero. */
export async function trialSums(client: ApiClient): Promise<ReadonlyMap<string, bigint>> {
  const { items } = await client.get<{ items: readonly { currency: string; balance: string }[] }>('/v1/trial-balance');
  const sums = new Map<string, bigint>();
  for (const { currency, balance } of items) sums.set(currency, (sums.get(currency) ?? 0n) + exact(balance));
  return new Map([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** `47.50` and `47.5` are the same amount. */
export function plain(amount: string | undefined): string {
  return (amount ?? '0').replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
}
