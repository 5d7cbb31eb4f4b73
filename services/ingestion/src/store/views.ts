import type { View, ViewDefinition, ViewDocument, ViewStore } from '@tollkeeper/ports';
import type { FileDocument } from '../files/file-ledger.js';

/** How far a receipt is. Made again from the intake chains when it is lost. */
export interface ReceiptDocument extends ViewDocument {
  readonly tenant: string;
  /** Day of the first part that was told; all parts are counted there. */
  readonly day: string;
  /** From the edge part; 0 and empty before it arrives. */
  readonly receivedMs: number;
  readonly origin: string;
  readonly edgeReceived: number;
  readonly expected: readonly string[];
  /** Parts that are counted. */
  readonly told: readonly string[];
  readonly booked: number;
  readonly duplicate: number;
  readonly quarantined: number;
  readonly refusedAtEdge: number;
  /** 0 until every part is told. */
  readonly settledMs: number;
}

/**
 * A refused event with what was sent. A durable record and not a chain's: what sources send may hold personal data, which
 * must be erasable; the quarantine chain holds its digest.
 */
export interface QuarantineDocument extends ViewDocument {
  readonly tenant: string;
  readonly day: string;
  readonly reason: string;
  readonly detail: string;
  readonly param: string;
  readonly receiptId: string;
  readonly part: string;
  readonly ordinal: number;
  /** Canonical proto JSON of the UsageEvent, or empty. */
  readonly event: string;
  readonly original: string;
  readonly mapping: string;
  readonly status: 'open' | 'replayed';
  readonly createdMs: number;
  readonly replayReceiptId: string;
  /** Cause of the request that replayed it. */
  readonly replayCause?: string;
}

/** One version of a tenant's own mapping: the newest. */
export interface MappingDocument extends ViewDocument {
  readonly tenant: string;
  readonly code: string;
  readonly name: string;
  readonly definition: string;
  readonly createdMs: number;
}

const receipts: ViewDefinition = { name: 'ingestion-receipts', indexes: { tenant: ['tenant', 'id'] }, kind: 'rebuildable' };

const quarantine: ViewDefinition = {
  name: 'ingestion-quarantine',
  indexes: {
    created: ['tenant', 'createdMs'],
    status: ['tenant', 'status', 'createdMs'],
    reason: ['tenant', 'reason', 'createdMs'],
    reasonStatus: ['tenant', 'reason', 'status', 'createdMs'],
    replay: ['tenant', 'replayCause', 'createdMs'],
  },
  kind: 'record',
};

const mappings: ViewDefinition = { name: 'ingestion-mappings', indexes: { tenant: ['tenant', 'code'] }, kind: 'rebuildable' };

const files: ViewDefinition = {
  name: 'ingestion-files',
  indexes: { tenant: ['tenant', 'createdMs'], status: ['status', 'createdMs'] },
  kind: 'rebuildable',
};

/** The views of this service; nobody else reads them. */
export interface IngestionViews {
  readonly receipts: View<ReceiptDocument>;
  readonly quarantine: View<QuarantineDocument>;
  readonly mappings: View<MappingDocument>;
  readonly files: View<FileDocument>;
}

export function openViews(store: ViewStore): IngestionViews {
  return {
    receipts: store.view<ReceiptDocument>(receipts),
    quarantine: store.view<QuarantineDocument>(quarantine),
    mappings: store.view<MappingDocument>(mappings),
    files: store.view<FileDocument>(files),
  };
}
