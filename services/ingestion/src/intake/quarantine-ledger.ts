import { toJsonString } from '@bufbuild/protobuf';
import { usageV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Instant, type Json, nextEntry, toCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore, View } from '@tollkeeper/ports';
import { hash } from 'node:crypto';
import { quarantineIdOf } from '../accept/usage-intake.js';
import type { QuarantineDocument } from '../store/views.js';

/** Folded state of `quarantine/<tenant>/<day>`: what is open, by reason. */
export interface QuarantineState {
  readonly open: Readonly<Record<string, number>>;
}

/** Body of an entry of kind `quarantined`. The words and the event itself are in the record with this id; `digest` ties them. */
interface QuarantinedBody {
  readonly receipt: string;
  readonly part: string;
  readonly items: readonly { readonly id: string; readonly ordinal: number; readonly reason: string; readonly digest: string }[];
}

/** The refused events of one part, on their way into the quarantine. */
export interface RefusedPart {
  readonly tenantId: string;
  readonly day: string;
  readonly outcome: usageV1.IntakeOutcome;
}

/**
 * Puts refused events into the quarantine: first the durable records with what was sent, then one entry per part in the
 * chain `quarantine/<tenant>/<day>`. The entry's cause is the receipt and part, so that telling it again makes no second one.
 */
export class QuarantineLedger {
  constructor(
    private readonly chains: ChainStore,
    private readonly view: View<QuarantineDocument>,
  ) {}

  async quarantine(parts: readonly RefusedPart[], now: Instant): Promise<void> {
    const fresh: RefusedPart[] = [];
    for (const part of parts) {
      if (!(await this.chains.findCause(chainOf(part), causeOf(part)))) fresh.push(part);
    }
    if (fresh.length === 0) return;
    const documents = fresh.flatMap((part) => toDocuments(part, now));
    await this.view.put(documents);
    const byChain = Map.groupBy(fresh, chainOf);
    await Promise.all([...byChain].map(([chain, ofChain]) => this.append(chain, ofChain, now)));
  }

  private async append(chain: string, parts: readonly RefusedPart[], now: Instant): Promise<void> {
    // One after the other: were the first of several entries to lose its place, the next would stand behind another's entry.
    for (const part of once(parts)) {
      for (;;) {
        const [head] = await this.chains.heads([chain]);
        // After the head was read: whoever tells of the same part later takes the place that is asked for here.
        if (await this.chains.findCause(chain, causeOf(part))) break;
        const [outcome] = await this.chains.append([{ entry: toEntry(chain, head, part, now), causeIndexed: true, pending: false }]);
        if (outcome?.status === 'appended') break;
      }
    }
  }
}

/** What is told twice may stand in one delivery twice. */
function once(parts: readonly RefusedPart[]): readonly RefusedPart[] {
  return [...new Map(parts.map((part) => [causeOf(part), part])).values()];
}

function chainOf({ tenantId, day }: RefusedPart): string {
  return `quarantine/${tenantId}/${day}`;
}

function causeOf({ outcome }: RefusedPart): string {
  return `${outcome.receiptId}/${outcome.part}`;
}

function toDocuments({ tenantId, day, outcome }: RefusedPart, now: Instant): QuarantineDocument[] {
  return outcome.refused.map((refused) => ({
    id: quarantineIdOf(tenantId, outcome.receiptId, outcome.part, refused.ordinal),
    version: 1,
    tenant: tenantId,
    day,
    reason: refused.reason,
    detail: refused.detail,
    param: refused.param,
    receiptId: outcome.receiptId,
    part: outcome.part,
    ordinal: refused.ordinal,
    event: refused.event ? toJsonString(usageV1.UsageEventSchema, refused.event) : '',
    original: refused.original,
    mapping: refused.mapping,
    status: 'open',
    createdMs: now,
    replayReceiptId: '',
  }));
}

function toEntry(chain: string, head: Entry | undefined, part: RefusedPart, now: Instant): Entry {
  const { tenantId, outcome } = part;
  const open: Record<string, number> = { ...(head ? fromCanonicalBytes<QuarantineState>(head.state).open : {}) };
  const items = outcome.refused.map((refused) => {
    open[refused.reason] = (open[refused.reason] ?? 0) + 1;
    const digest = hash('sha256', refused.event ? toJsonString(usageV1.UsageEventSchema, refused.event) : refused.original);
    return {
      id: quarantineIdOf(tenantId, outcome.receiptId, outcome.part, refused.ordinal),
      ordinal: refused.ordinal,
      reason: refused.reason,
      digest,
    };
  });
  const body: QuarantinedBody = { receipt: outcome.receiptId, part: outcome.part, items };
  const state: QuarantineState = { open };
  return nextEntry(chain, head, {
    bookedAt: now,
    cause: causeOf(part),
    kind: 'quarantined',
    body: toCanonicalBytes(body as unknown as Json),
    state: toCanonicalBytes(state as unknown as Json),
  });
}
