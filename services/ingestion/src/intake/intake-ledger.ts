import { type Entry, fromCanonicalBytes, type Instant, type Json, nextEntry, toCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore, EntryRef, Timers, View, ViewStore } from '@tollkeeper/ports';
import type { ReceiptDocument } from '../store/views.js';
import { type CountedPart, type CountedParts, countParts, type DayState, emptyDay, partKey } from './day-state.js';
import { mergePart, newReceiptDocument } from './receipt-document.js';

/** The end of one day's chain, kept in memory. */
interface DayHead {
  readonly last: Pick<Entry, 'n' | 'hash'> | undefined;
  readonly state: DayState;
  /** Parts counted by the newest entries when the day was loaded; this process's own later ones are in the receipts view. */
  readonly recent: ReadonlySet<string>;
}

/** Another process counted in this day meanwhile: read everything again. */
export class DayMoved extends Error {
  override readonly name = 'DayMoved';
}

/** Entries whose parts are held against redelivered ones beside the receipts view; see `DayLedger`. */
const recentEntries = 64;
const maxHeads = 64;
const settleDelayMs = 200;
const sweepPage = 200;
const intakePrefix = 'intake/';

/**
 * The chains `intake/<tenant>/<day>`: one entry counts many parts of receipts, each exactly once.
 *
 * Why once: a part is acknowledged on the bus only when its entry is durable, so a part comes again after a crash, or when
 * somebody sends the same batch again much later. The receipts view names the parts of each receipt that are counted. An
 * entry stays pending until the view that shows it is durable, and pending entries are shown once more at the start, before
 * anything is consumed; so the view knows every entry that this process or an earlier one wrote. What another process
 * wrote at the same moment and has not shown yet is found in the chain itself: whoever loses the race for an entry starts the
 * whole group over, with receipts read anew and the parts of the day's newest entries at hand. A process has at most one
 * entry per day that is written and not shown, so that 64 entries cover far more processes than run.
 */
export class IntakeLedger {
  private readonly heads = new Map<string, DayHead>();
  private shown: EntryRef[] = [];
  private cancelSettle: (() => void) | undefined;

  constructor(
    private readonly chains: ChainStore,
    private readonly views: ViewStore,
    private readonly receipts: View<ReceiptDocument>,
    private readonly timers: Timers,
  ) {}

  /**
   * Appends one entry that counts the parts which no entry counts yet. Answers it when it is durable, undefined when there
   * was nothing to count.
   * @throws DayMoved
   */
  async count(chain: string, parts: readonly CountedPart[], now: Instant): Promise<Entry | undefined> {
    const head = this.heads.get(chain) ?? (await this.load(chain));
    const counted = parts.filter(({ receipt, part }) => !head.recent.has(partKey(receipt, part)));
    const [first] = counted;
    if (!first) return undefined;
    const state = countParts(head.state, counted);
    const body: CountedParts = { parts: counted };
    const entry = nextEntry(chain, head.last, {
      bookedAt: now,
      cause: `${partKey(first.receipt, first.part)}+${counted.length - 1}`,
      kind: 'outcomes_counted',
      body: toCanonicalBytes(body as unknown as Json),
      state: toCanonicalBytes(state as unknown as Json),
    });
    // Whatever happens to the append, the head in memory is only right again when it is known to have worked.
    this.heads.delete(chain);
    const [outcome] = await this.chains.append([{ entry, causeIndexed: false, pending: true }]);
    if (outcome?.status !== 'appended') throw new DayMoved(`${chain} has an entry ${entry.n} already`);
    this.remember(chain, { last: entry, state, recent: head.recent });
    return entry;
  }

  private async load(chain: string): Promise<DayHead> {
    const [head] = await this.chains.heads([chain]);
    const recent = new Set<string>();
    if (head) {
      for (const entry of await this.chains.read(chain, Math.max(1, head.n - recentEntries + 1), head.n, recentEntries)) {
        for (const { receipt, part } of fromCanonicalBytes<CountedParts>(entry.body).parts) recent.add(partKey(receipt, part));
      }
    }
    const loaded: DayHead = { last: head, state: head ? fromCanonicalBytes<DayState>(head.state) : emptyDay, recent };
    this.remember(chain, loaded);
    return loaded;
  }

  private remember(chain: string, head: DayHead): void {
    if (!this.heads.has(chain) && this.heads.size >= maxHeads) this.heads.clear();
    this.heads.set(chain, head);
  }

  /** The view shows the entry now; it is settled as soon as the view is durable. */
  markShown(entry: Entry): void {
    this.shown.push({ chain: entry.chain, n: entry.n });
    this.cancelSettle ??= this.timers.after(settleDelayMs, () => void this.settle().catch(() => undefined));
  }

  async settle(): Promise<void> {
    this.cancelSettle?.();
    this.cancelSettle = undefined;
    const refs = this.shown;
    this.shown = [];
    if (refs.length === 0) return;
    try {
      await this.views.flush();
      await this.chains.settle(refs);
    } catch (error) {
      this.shown.push(...refs);
      throw error;
    }
  }

  /** Shows what a crash left unshown. Runs before anything is consumed. */
  async recover(): Promise<void> {
    for (let after: EntryRef | undefined; ; ) {
      const entries = await this.chains.pending(intakePrefix, after, sweepPage);
      for (const entry of entries) await this.show(entry);
      after = entries.at(-1);
      if (entries.length < sweepPage) break;
    }
    await this.settle();
  }

  /** Makes the receipts of one entry again; idempotent. */
  private async show(entry: Entry): Promise<void> {
    const [, tenant = '', day = ''] = entry.chain.split('/');
    const { parts } = fromCanonicalBytes<CountedParts>(entry.body);
    const ids = [...new Set(parts.map((part) => part.receipt))];
    const found = await this.receipts.getMany(ids);
    const documents = new Map(ids.map((id, i) => [id, found[i] ?? newReceiptDocument(tenant, id, day)]));
    for (const part of parts) {
      const before = documents.get(part.receipt);
      if (before) documents.set(part.receipt, mergePart(before, part, entry.bookedAt));
    }
    await this.receipts.put([...documents.values()]);
    this.markShown(entry);
  }
}
