import { type Clock, type Entry, fromCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import { type MeterPut, type PriceListPut, RatingCatalogue } from './rating-catalogue.js';

export function catalogueChain(tenantId: string): string {
  return `catalogue/${tenantId}`;
}

interface Held {
  readonly entries: Entry[];
  current: RatingCatalogue;
  /** When the chain was last asked for its head, by the machine's clock. */
  askedAt: number;
  readonly older: Map<number, RatingCatalogue>;
}

/** How long another process's new price may go unnoticed; this process's own are noticed at once. */
const askAgainMs = 1000;
const readAtOnce = 500;
const mostOlder = 32;

/** The tenants' catalogues, read from their chains and kept compiled. */
export class Catalogues {
  private readonly held = new Map<string, Held>();
  private readonly reading = new Map<string, Promise<Held>>();

  constructor(
    private readonly chains: ChainStore,
    private readonly clock: Clock,
  ) {}

  /** The present catalogue. */
  async current(tenantId: string): Promise<RatingCatalogue> {
    const held = this.held.get(tenantId);
    if (held && this.clock.now() - held.askedAt < askAgainMs) return held.current;
    return (await this.refresh(tenantId)).current;
  }

  /** The present catalogue, whatever is held. */
  async newest(tenantId: string): Promise<RatingCatalogue> {
    // A read that is under way may have begun too early.
    await this.reading.get(tenantId);
    return (await this.refresh(tenantId)).current;
  }

  /** The catalogue of the first `n` entries. */
  async asOf(tenantId: string, n: number): Promise<RatingCatalogue> {
    let held = this.held.get(tenantId) ?? (await this.refresh(tenantId));
    // A read that was under way may have begun before entry n was written: the second one has not.
    for (let tries = 0; held.current.n < n && tries < 2; tries++) held = await this.refresh(tenantId);
    if (held.current.n < n) throw new Error(`${catalogueChain(tenantId)} ends at entry ${held.current.n}, before version ${n}`);
    if (held.current.n === n) return held.current;
    const known = held.older.get(n);
    if (known) return known;
    if (held.older.size >= mostOlder) held.older.clear();
    const made = RatingCatalogue.fold(held.entries, n);
    held.older.set(n, made);
    return made;
  }

  /** The newest entry of this kind for a code; one that is not held may have been added by another process a moment ago. */
  async find(tenantId: string, kind: 'meter_put' | 'price_list_put', code: string): Promise<Entry | undefined> {
    const among = ({ n }: RatingCatalogue): Entry | undefined => {
      const entries = this.held.get(tenantId)?.entries.slice(0, n) ?? [];
      return entries.findLast((entry) => entry.kind === kind && codeOf(entry) === code);
    };
    return among(await this.current(tenantId)) ?? among(await this.newest(tenantId));
  }

  /** Reads what was added since. */
  refresh(tenantId: string): Promise<Held> {
    const running = this.reading.get(tenantId) ?? this.read(tenantId).finally(() => this.reading.delete(tenantId));
    this.reading.set(tenantId, running);
    return running;
  }

  private async read(tenantId: string): Promise<Held> {
    const held = this.held.get(tenantId) ?? { entries: [], current: RatingCatalogue.fold([], 0), askedAt: 0, older: new Map<number, RatingCatalogue>() };
    const askedAt = this.clock.now();
    for (;;) {
      const more = await this.chains.read(catalogueChain(tenantId), held.entries.length + 1, Number.MAX_SAFE_INTEGER, readAtOnce);
      held.entries.push(...more);
      if (more.length < readAtOnce) break;
    }
    if (held.entries.length !== held.current.n) held.current = RatingCatalogue.fold(held.entries, held.entries.length);
    held.askedAt = askedAt;
    this.held.set(tenantId, held);
    return held;
  }
}

function codeOf(entry: Entry): string | undefined {
  if (entry.kind === 'meter_put') return fromCanonicalBytes<MeterPut>(entry.body).meter.code;
  return fromCanonicalBytes<PriceListPut>(entry.body).price_list.code;
}
