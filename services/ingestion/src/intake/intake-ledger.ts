import type { usageV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Instant, type Json, nextEntry, toCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore, EntryRef, Timers, View, ViewStore } from '@tollkeeper/ports';
import type { ReceiptDocument } from '../store/views.js';
import { type CountedPart, type CountedParts, countParts, type DayState, emptyDay, partKey, toCounts } from './day-state.js';
import { mergePart, newReceiptDocument, toCountedPart } from './receipt-document.js';
import { recentEntries, RecentParts } from './recent-parts.js';

/** The end of one day's chain, kept in memory. */
interface DayHead {
  readonly last: Pick<Entry, 'n' | 'hash'> | undefined;
  readonly state: DayState;
  /** What the newest entries counted, this process's own among them. */
  readonly recent: RecentParts;
}

/** What counting made: the entry, when anything was left to count, and the receipts as they are after it. */
export interface Counted {
  readonly entry: Entry | undefined;
  readonly receipts: readonly ReceiptDocument[];
}

/** Another process counted in this day meanwhile: read everything again. */
export class DayMoved extends Error {
  override readonly name = 'DayMoved';
}

const maxHeads = 64;
const settleDelayMs = 200;
const sweepPage = 200;
const intakePrefix = 'intake/';

/**
 * The chains `intake/<tenant>/<day>`: one entry counts many parts of receipts, each exactly once.
 *
 * Why once: a part is acknowledged on the bus only when its entry is durable, so a part comes again after a crash, or when
 * somebody sends the same batch again much later. The receipts view names the parts of each receipt that are counted; what the
 * view may not show yet (an entry whose receipts could not be written, or those of another process) is found in the day's
 * newest entries, which are laid over the view before anything is decided. A process has at most one entry per day that is
 * written and not shown, so that 64 entries cover far more processes than run.
 *
 * Why no receipt loses a part to another process: whoever writes a receipt knows all parts that the day counted before, so that
 * of two forms of one receipt one holds the other, and has the higher version. An entry stays pending until the view that
 * shows it is durable; what a crash left pending is shown by the sweep.
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
   * Appends one entry that counts the outcomes which no entry counts yet; resolves when it is durable. `shown` are the receipts
   * as the view has them.
   * @throws DayMoved
   */
  async count(chain: string, outcomes: readonly usageV1.IntakeOutcome[], shown: ReadonlyMap<string, ReceiptDocument>, now: Instant): Promise<Counted> {
    const head = this.heads.get(chain) ?? (await this.load(chain));
    const receipts = new Map<string, ReceiptDocument>();
    const counted: CountedPart[] = [];
    for (const outcome of outcomes) {
      const id = outcome.receiptId;
      const view = shown.get(id);
      if (!view) continue;
      const before = receipts.get(id) ?? withParts(view, head.recent.of(id), now);
      const part = before.told.includes(outcome.part) ? undefined : toCountedPart(before, outcome, toCounts(outcome));
      if (part) counted.push(part);
      receipts.set(id, part ? mergePart(before, part, now) : before);
    }
    const [first] = counted;
    if (!first) return { entry: undefined, receipts: [...receipts.values()] };
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
    head.recent.add(counted);
    this.remember(chain, { last: entry, state, recent: head.recent });
    return { entry, receipts: [...receipts.values()] };
  }

  private async load(chain: string): Promise<DayHead> {
    const [head] = await this.chains.heads([chain]);
    const recent = new RecentParts();
    if (head) {
      for (const entry of await this.chains.read(chain, Math.max(1, head.n - recentEntries + 1), head.n, recentEntries)) {
        recent.add(fromCanonicalBytes<CountedParts>(entry.body).parts);
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

  /** Shows what a crash or a failure left unshown. */
  async recover(): Promise<void> {
    await this.settle();
    for (let after: EntryRef | undefined; ; ) {
      const entries = await this.chains.pending(intakePrefix, after, sweepPage);
      for (const [chain, ofChain] of Map.groupBy(entries, (entry) => entry.chain)) await this.show(chain, ofChain);
      after = entries.at(-1);
      if (entries.length < sweepPage) break;
    }
    await this.settle();
  }

  /** Makes the receipts of entries again; idempotent. */
  private async show(chain: string, entries: readonly Entry[]): Promise<void> {
    const [, tenant = '', day = ''] = chain.split('/');
    const { recent } = await this.load(chain);
    const at = entries.at(-1)?.bookedAt ?? 0;
    const parts = Map.groupBy(entries.flatMap((entry) => fromCanonicalBytes<CountedParts>(entry.body).parts), (part) => part.receipt);
    const ids = [...parts.keys()];
    const found = await this.receipts.getMany(ids);
    await this.receipts.put(ids.map((id, i) => withParts(found[i] ?? newReceiptDocument(tenant, id, day), [...(parts.get(id) ?? []), ...recent.of(id)], at)));
    for (const entry of entries) this.markShown(entry);
  }
}

function withParts(receipt: ReceiptDocument, parts: readonly CountedPart[], at: Instant): ReceiptDocument {
  return parts.reduce((before, part) => mergePart(before, part, at), receipt);
}
