import type { Instant } from '@tollkeeper/kernel';
import { readFingerprints, readPageDigest } from '../pages/page.js';
import type { RecentPages } from '../pages/recent-pages.js';
import { type Digest, type DigestRef, type Fingerprints, isMergePage, joinFingerprints, pagesPerDigest } from './digest.js';
import { FingerprintTable, type FingerprintTables } from './fingerprint-table.js';

/** What of a device account's state the look-up needs. */
export interface IdentityHead {
  readonly chain: string;
  /** Number of the head entry. */
  readonly n: number;
  /** Pages in the chain, counted from 1. */
  readonly pages: number;
  /** Entry of the newest page that carries a digest, 0 for none yet. */
  readonly lastDigest: number;
  /** Events in all pages. */
  readonly events: number;
}

interface Recent {
  readonly columns: readonly Fingerprints[];
  readonly digest: (Digest & { readonly ref: DigestRef }) | undefined;
}

const none: ReadonlySet<number> = new Set();

/** Accounts with more events than this are searched digest by digest: a table of them would crowd out all others. */
const largestTable = 1_000_000;

/**
 * Finds the pages that may hold an event again. What it reads does not grow with the number of events: the pages since the
 * last digest, that digest, and the digests that it names inside the late window.
 */
export class IdentityLog {
  constructor(
    private readonly recentPages: RecentPages,
    private readonly tables: FingerprintTables,
    private readonly lateWindowMs: number,
  ) {}

  /**
   * Numbers of the entries that hold an event with one of these fingerprints, nearly always the event itself, when what is in
   * memory tells; undefined when `candidates` has to read.
   */
  candidatesAtHand(head: IdentityHead, prints: ReadonlySet<number>): ReadonlySet<number> | undefined {
    if (head.pages === 0) return none;
    const known = this.tables.get(head.chain);
    // Pages that another activation appended are not in a table of ours: it counts only while it covers as many as there are.
    if (known?.pages !== head.pages) return undefined;
    let found: Set<number> | undefined;
    for (const print of prints) found = known.find(print, found);
    return found ?? none;
  }

  /** The same, read from the account's pages where it must be. */
  async candidates(head: IdentityHead, now: Instant, prints: ReadonlySet<number>): Promise<ReadonlySet<number>> {
    const atHand = this.candidatesAtHand(head, prints);
    if (atHand) return atHand;
    let found: Set<number> | undefined;
    if (head.events > largestTable) return this.search(head, now, prints);
    const table = new FingerprintTable(Math.min(head.events, 4096));
    await this.visit(head, now, (fingerprints) => table.addAll(fingerprints));
    table.pages = head.pages;
    this.tables.put(head.chain, table);
    for (const print of prints) found = table.find(print, found);
    return found ?? none;
  }

  /** Tells of a page that was appended, the account's `pages`-th, so that a cached table stays complete. */
  appended(chain: string, n: number, pages: number, prints: Uint32Array): void {
    const table = this.tables.get(chain);
    if (table?.pages !== pages - 1) return;
    table.pages = pages;
    for (let i = 0; i < prints.length; i++) table.add(prints[i] ?? 0, n);
    this.tables.touched(chain);
  }

  isCached(chain: string): boolean {
    return this.tables.has(chain);
  }

  forget(chain: string): void {
    this.tables.drop(chain);
  }

  /** The digest that the account's next page carries, when it is the turn of one. */
  async nextDigest(head: IdentityHead, now: Instant): Promise<Digest> {
    const { columns, digest } = await this.recent(head);
    const oldest = now - this.lateWindowMs;
    const earlier = (digest ? [digest.ref, ...digest.earlier] : []).filter((ref) => ref.until >= oldest);
    if (!isMergePage(head.pages + 1)) return { fingerprints: joinFingerprints(columns), earlier };
    const parts = [...columns];
    if (digest && !digest.ref.merged && digest.ref.until >= oldest) parts.push(digest.fingerprints);
    const small = earlier.filter((ref) => !ref.merged && ref.n !== digest?.ref.n);
    for (const older of await this.readDigests(head.chain, small)) parts.push(older.fingerprints);
    return { fingerprints: joinFingerprints(parts), earlier: earlier.filter((ref) => ref.merged) };
  }

  private async search(head: IdentityHead, now: Instant, prints: ReadonlySet<number>): Promise<ReadonlySet<number>> {
    const found = new Set<number>();
    await this.visit(head, now, (fingerprints) => {
      for (let i = 0; i < fingerprints.prints.length; i++) {
        if (prints.has(fingerprints.prints[i] ?? 0)) found.add(fingerprints.pages[i] ?? 0);
      }
    });
    return found;
  }

  private async visit(head: IdentityHead, now: Instant, look: (fingerprints: Fingerprints) => void): Promise<void> {
    const { columns, digest } = await this.recent(head);
    for (const column of columns) look(column);
    if (!digest) return;
    look(digest.fingerprints);
    const oldest = now - this.lateWindowMs;
    const inWindow = digest.earlier.filter((ref) => ref.until >= oldest);
    // A few at a time, because a merged digest may be large.
    for (let i = 0; i < inWindow.length; i += 16) {
      for (const older of await this.readDigests(head.chain, inWindow.slice(i, i + 16))) look(older.fingerprints);
    }
  }

  /** The pages since the last digest, the page that carries it included, and the digest itself. */
  private async recent(head: IdentityHead): Promise<Recent> {
    const columns: Fingerprints[] = [];
    let digest: Recent['digest'];
    // The first entry of an account is its terms.
    for (const entry of await this.recentPages.readRange(head.chain, Math.max(head.lastDigest, 2), head.n)) {
      if (entry.kind !== 'usage_posted') continue;
      columns.push(readFingerprints(entry.body, entry.n));
      if (entry.n !== head.lastDigest) continue;
      const carried = readPageDigest(entry.body, entry.n);
      const merged = isMergePage(head.pages - (head.pages % pagesPerDigest));
      if (carried) digest = { ...carried, ref: { n: entry.n, until: entry.bookedAt, merged } };
    }
    return { columns, digest };
  }

  private async readDigests(chain: string, refs: readonly DigestRef[]): Promise<Digest[]> {
    const entries = await Promise.all(refs.map((ref) => this.recentPages.read(chain, ref.n)));
    return entries.flatMap((entry) => readPageDigest(entry.body, entry.n) ?? []);
  }
}
