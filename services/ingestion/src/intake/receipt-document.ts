import type { usageV1 } from '@tollkeeper/contracts';
import { ingestionV1 } from '@tollkeeper/contracts';
import { create } from '@bufbuild/protobuf';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import type { ReceiptDocument } from '../store/views.js';
import type { CountedPart } from './day-state.js';

export function newReceiptDocument(tenant: string, id: string, day: string): ReceiptDocument {
  return {
    id,
    version: 0,
    tenant,
    day,
    receivedMs: 0,
    origin: '',
    edgeReceived: 0,
    expected: [],
    told: [],
    booked: 0,
    duplicate: 0,
    quarantined: 0,
    refusedAtEdge: 0,
    settledMs: 0,
  };
}

/**
 * Events of the receipt that are known to have come in. Parts of rating may be told before the edge is, and when a crash cut
 * the batch short the edge is never told; what is told counts as received either way, so that a day's sums always agree.
 */
function receivedOf(document: ReceiptDocument): number {
  return Math.max(document.edgeReceived, document.booked + document.duplicate + document.quarantined);
}

/** Pure and idempotent: the receipt after one more part. The same document when the part was told before. */
export function mergePart(before: ReceiptDocument, part: CountedPart, at: Instant): ReceiptDocument {
  if (before.told.includes(part.part)) return before;
  let { booked, duplicate, quarantined, refusedAtEdge } = before;
  for (const { counts } of part.counts) {
    booked += counts[0];
    duplicate += counts[1];
    quarantined += counts[2];
    if (part.part.startsWith('edge')) refusedAtEdge += counts[2];
  }
  const told = [...before.told, part.part];
  const edge = part.edge;
  const expected = edge ? edge.parts : before.expected;
  const isSettled = told.includes('edge') && expected.every((name) => told.includes(name));
  return {
    ...before,
    version: before.version + 1,
    receivedMs: edge?.receivedMs ?? before.receivedMs,
    origin: edge?.origin ?? before.origin,
    edgeReceived: edge?.received ?? before.edgeReceived,
    expected,
    told,
    booked,
    duplicate,
    quarantined,
    refusedAtEdge,
    settledMs: isSettled ? at : 0,
  };
}

/** What an outcome adds to its receipt, given the receipt as it was. */
export function toCountedPart(
  before: ReceiptDocument,
  outcome: usageV1.IntakeOutcome,
  counts: CountedPart['counts'],
): CountedPart {
  const isEdge = outcome.part === 'edge';
  const { received, parts, origin, receivedMs } = outcome;
  const part: CountedPart = {
    receipt: outcome.receiptId,
    part: outcome.part,
    received: 0,
    counts,
    ...(isEdge ? { edge: { received, parts, origin, receivedMs } } : {}),
  };
  return { ...part, received: receivedOf(mergePart(before, part, 0)) - receivedOf(before) };
}

export function toReceipt(document: ReceiptDocument): ingestionV1.Receipt {
  const received = receivedOf(document);
  return create(ingestionV1.ReceiptSchema, {
    id: document.id,
    status: document.settledMs > 0 ? 'settled' : 'accepted',
    received,
    accepted: received - document.refusedAtEdge,
    booked: document.booked,
    duplicate: document.duplicate,
    quarantined: document.quarantined,
    receivedAt: document.receivedMs > 0 ? toRfc3339(document.receivedMs) : '',
    settledAt: document.settledMs > 0 ? toRfc3339(document.settledMs) : '',
    origin: document.origin,
  });
}
