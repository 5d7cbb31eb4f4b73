import type { Entry } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';

/** What of a page's entry an identity look-up needs. */
export type PageEntry = Pick<Entry, 'n' | 'kind' | 'bookedAt' | 'body'>;

/** Beside its bytes, what a page costs in memory, about: its key and its place in the map. */
const overheadBytes = 250;
/** There are as a rule fewer entries than this between two digests. */
const readAtOnce = 256;

/**
 * The pages that were booked last. Most repeated events are young, and their page is found here without asking the store.
 * An entry never changes, so what is held is never wrong. Kept in two generations: when the younger one holds half of the
 * bytes it becomes the older one, whose pages go all at once, because taking the oldest keys out of a map one by one
 * leaves holes that every look for the next oldest walks over.
 */
export class RecentPages {
  private young = new Map<string, PageEntry>();
  private old = new Map<string, PageEntry>();
  private youngBytes = 0;

  constructor(
    private readonly chains: ChainStore,
    private readonly maxBytes: number,
  ) {}

  keep(entry: Entry): void {
    const { chain, n, kind, bookedAt, body } = entry;
    this.young.set(keyOf(chain, n), { n, kind, bookedAt, body });
    this.youngBytes += body.length + overheadBytes;
    if (this.youngBytes * 2 <= this.maxBytes) return;
    this.old = this.young;
    this.young = new Map();
    this.youngBytes = 0;
  }

  /** @throws RangeError when there is no such entry */
  async read(chain: string, n: number): Promise<PageEntry> {
    const held = this.held(chain, n);
    if (held) return held;
    const [entry] = await this.chains.read(chain, n, n, 1);
    if (!entry) throw new RangeError(`${chain} has no entry ${n}, which its digests name`);
    return entry;
  }

  /** Entries `from`..`to`, in any order; the store is asked only for those before the ones that are held. */
  async readRange(chain: string, from: number, to: number): Promise<PageEntry[]> {
    const entries: PageEntry[] = [];
    let last = to;
    for (let held = this.held(chain, last); held && last >= from; held = this.held(chain, --last)) entries.push(held);
    for (let first = from; first <= last; ) {
      const read = await this.chains.read(chain, first, last, readAtOnce);
      entries.push(...read);
      first = (read.at(-1)?.n ?? last) + 1;
    }
    return entries;
  }

  private held(chain: string, n: number): PageEntry | undefined {
    const key = keyOf(chain, n);
    return this.young.get(key) ?? this.old.get(key);
  }
}

function keyOf(chain: string, n: number): string {
  return `${n} ${chain}`;
}
