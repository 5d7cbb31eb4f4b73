import { type ChainFault, type Entry, sameBytes } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import { type AccountState, decodeState } from '../actors/account-state.js';
import { buildPage } from '../actors/build-page.js';
import { deviceChainPrefix, fromDeviceChain } from '../actors/account-store.js';
import type { Catalogues } from '../catalogue/catalogues.js';
import { decodePage } from '../pages/page.js';

export interface RerateVerdict {
  readonly accounts: number;
  readonly pages: number;
  readonly events: number;
  readonly faults: readonly ChainFault[];
  /** Name of the last chain looked at, when there are more behind it. */
  readonly next: string | undefined;
}

export interface VerifyReratingPorts {
  readonly chains: ChainStore;
  readonly catalogues: Catalogues;
  readonly lateWindowMs: number;
}

const entriesAtOnce = 500;

/**
 * Prices every page of up to `limit` accounts again, from the state before it and the catalogue as of the version that it
 * names: body and state must come out byte for byte.
 */
export async function verifyRerating(ports: VerifyReratingPorts, tenantId: string, after: string, limit: number): Promise<RerateVerdict> {
  const prefix = tenantId === '' ? deviceChainPrefix : `${deviceChainPrefix}${tenantId}/`;
  const names = await ports.chains.chains(prefix, after, limit);
  const faults: ChainFault[] = [];
  let pages = 0;
  let events = 0;
  for (const chain of names) {
    let before: AccountState | undefined;
    let from = 1;
    for (let fault: ChainFault | undefined; !fault; ) {
      const entries = await ports.chains.read(chain, from, Number.MAX_SAFE_INTEGER, entriesAtOnce);
      for (const entry of entries) {
        const checked = await checkEntry(ports, entry, before);
        before = checked.state;
        pages += entry.kind === 'usage_posted' ? 1 : 0;
        events += checked.events;
        fault ??= checked.fault;
      }
      if (fault) faults.push(fault);
      from += entries.length;
      if (entries.length < entriesAtOnce) break;
    }
  }
  return { accounts: names.length, pages, events, faults, next: names.length === limit ? names.at(-1) : undefined };
}

interface Checked {
  readonly state: AccountState | undefined;
  readonly events: number;
  readonly fault: ChainFault | undefined;
}

async function checkEntry(ports: VerifyReratingPorts, entry: Entry, before: AccountState | undefined): Promise<Checked> {
  const fault = (detail: string): ChainFault => ({ chain: entry.chain, n: entry.n, what: 'edited', detail });
  try {
    const state = decodeState(entry.state);
    if (entry.kind !== 'usage_posted') return { state, events: 0, fault: undefined };
    if (!before) return { state, events: 0, fault: fault('a page stands before any terms') };
    const page = decodePage(entry.body, entry.n);
    const catalogue = await ports.catalogues.asOf(fromDeviceChain(entry.chain).tenantId, page.catalogue);
    const { events, digest } = page;
    const again = buildPage({ state: before, n: entry.n, now: entry.bookedAt, lateWindowMs: ports.lateWindowMs, catalogue, events, digest });
    if (!sameBytes(again.body, entry.body)) return { state, events: events.length, fault: fault('pricing its events again gives other charges') };
    if (!sameBytes(again.stateBytes, entry.state)) return { state, events: events.length, fault: fault('pricing its events again gives another state') };
    return { state, events: events.length, fault: undefined };
  } catch (error) {
    return { state: before, events: 0, fault: fault(`it cannot be read: ${error instanceof Error ? error.message : String(error)}`) };
  }
}
