import { create, fromJsonString } from '@bufbuild/protobuf';
import { ingestionV1, usageV1 } from '@tollkeeper/contracts';
import { fromCanonicalBytes, Problem, toRfc3339 } from '@tollkeeper/kernel';
import type { ChainStore, View } from '@tollkeeper/ports';
import type { QuarantineState } from '../intake/quarantine-ledger.js';
import { readPage } from '../store/read-page.js';
import type { QuarantineDocument } from '../store/views.js';

/** @throws Problem not_found, the same for an absent item and for another tenant's */
export async function getQuarantineItem(
  view: View<QuarantineDocument>,
  tenantId: string,
  id: string,
): Promise<ingestionV1.QuarantineItem> {
  const document = await view.get(id);
  if (!document || document.tenant !== tenantId)
    throw new Problem('not_found', `There is no quarantined event ${id.slice(0, 64)}.`, { param: 'id' });
  return toItem(document);
}

/** Newest first. */
export async function listQuarantine(
  view: View<QuarantineDocument>,
  request: ingestionV1.ListQuarantineRequest,
): Promise<ingestionV1.QuarantinePage> {
  const { tenantId, reason, status, limit, cursor } = request;
  const index = reason === '' ? (status === '' ? 'created' : 'status') : status === '' ? 'reason' : 'reasonStatus';
  const equals = [tenantId, ...[reason, status].filter((value) => value !== '')];
  const { items, next } = await readPage(view, { index, equals, descending: true }, limit, cursor);
  return create(ingestionV1.QuarantinePageSchema, { items: items.map(toItem), nextCursor: next ?? '' });
}

const chainsPage = 500;

/** What is open, by reason: the sum of the days' states. */
export async function summarizeQuarantine(chains: ChainStore, tenantId: string): Promise<ingestionV1.QuarantineSummary> {
  const open = new Map<string, number>();
  for (let after = ''; ; ) {
    const names = await chains.chains(`quarantine/${tenantId}/`, after, chainsPage);
    for (const head of await chains.heads(names)) {
      if (!head) continue;
      for (const [reason, count] of Object.entries(fromCanonicalBytes<QuarantineState>(head.state).open))
        open.set(reason, (open.get(reason) ?? 0) + count);
    }
    after = names.at(-1) ?? '';
    if (names.length < chainsPage) break;
  }
  const reasons = [...open].filter(([, count]) => count > 0).sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return create(ingestionV1.QuarantineSummarySchema, { reasons: reasons.map(([reason, count]) => ({ reason, open: count })) });
}

function toItem(document: QuarantineDocument): ingestionV1.QuarantineItem {
  const { id, reason, detail, param, receiptId, ordinal, original, mapping, status, day } = document;
  return create(ingestionV1.QuarantineItemSchema, {
    id,
    reason,
    detail,
    param,
    receiptId,
    ordinal,
    event: document.event === '' ? undefined : fromJsonString(usageV1.UsageEventSchema, document.event),
    original,
    mapping: mapping.split('#')[0] ?? '',
    status,
    createdAt: toRfc3339(document.createdMs),
    replayReceiptId: document.replayReceiptId,
    day,
  });
}
