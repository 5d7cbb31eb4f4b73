import { create } from '@bufbuild/protobuf';
import { ingestionV1, type UsageBatchValue, type UsageEventValue, usageV1 } from '@tollkeeper/contracts';
import { derivedId, type Instant, toRfc3339 } from '@tollkeeper/kernel';
import { partitionOf } from '@tollkeeper/nest-kit';
import type { Fault } from './fault.js';
import { toOriginal } from './long-number.js';

/** Where a batch comes from and what it is called. */
export interface IntakeSource {
  readonly tenantId: string;
  readonly receiptId: string;
  /** On the tenant's clock. */
  readonly receivedMs: Instant;
  /** `api`, `file:<id>` or `replay:<id>`. */
  readonly origin: string;
}

/** A UsageBatch with the partition that it goes to. */
export interface PartitionedBatch {
  readonly partition: number;
  readonly batch: UsageBatchValue;
}

/** Bounds of one message on the bus; a broker's usual limit is a mebibyte. */
const maxPartEvents = 4096;
const maxPartUnits = 256 << 10;
const maxOutcomeUnits = 256 << 10;
const maxOutcomeRefused = 2000;

class Bucket {
  events: UsageEventValue[] = [];
  units = 0;
}

/**
 * Gathers what one batch holds: events by partition, refused records, and what filters set aside. Every event and every
 * refused record takes the next ordinal, which identifies it within the receipt.
 */
export class UsageIntake {
  /** Ordinal of the next event. */
  ordinal = 0;
  /** Position of the record at hand in what the caller sent. */
  index = 0;
  filtered = 0;
  private readonly buckets: (Bucket | undefined)[] = [];
  private readonly closed: { readonly partition: number; readonly events: readonly UsageEventValue[] }[] = [];
  private readonly refused: usageV1.RefusedEvent[] = [];
  private readonly results: ingestionV1.EventResult[] = [];
  private readonly prefix: string;
  private lastDevice = '';
  private lastPartition = -1;

  constructor(
    readonly source: IntakeSource,
    private readonly partitions: number,
    private readonly originalUnits: number,
  ) {
    this.prefix = `${source.tenantId}/`;
  }

  /** The event's ordinal must be `this.ordinal`. */
  add(event: UsageEventValue): void {
    this.ordinal++;
    // Readings of one device often stand together.
    if (event.device !== this.lastDevice) {
      this.lastDevice = event.device;
      this.lastPartition = partitionOf(this.prefix + event.device, this.partitions);
    }
    const partition = this.lastPartition;
    const bucket = (this.buckets[partition] ??= new Bucket());
    bucket.events.push(event);
    bucket.units +=
      event.id.length +
      event.source.length +
      event.device.length +
      event.meter.length +
      event.quantity.length +
      event.key.length +
      16;
    if (event.dimensions)
      for (const name in event.dimensions) bucket.units += name.length + (event.dimensions[name]?.length ?? 0) + 6;
    if (bucket.events.length >= maxPartEvents || bucket.units >= maxPartUnits) this.close(partition, bucket);
  }

  /** `record` is kept as its JSON text, so that it can be mended. */
  refuse(fault: Fault, record: unknown, mapping = ''): void {
    const { reason, param } = fault;
    const original = toOriginal(record, this.originalUnits);
    const isCut = original.length === this.originalUnits;
    const detail = isCut
      ? `${fault.detail} Only the first ${this.originalUnits} characters of the record are kept.`
      : fault.detail;
    this.refused.push(create(usageV1.RefusedEventSchema, { ordinal: this.ordinal, reason, detail, param, original, mapping }));
    this.results.push(create(ingestionV1.EventResultSchema, { index: this.index, status: 'quarantined', reason, detail, param }));
    this.ordinal++;
  }

  /** A filter of the mapping says that this record is no usage. */
  filter(): void {
    this.filtered++;
    const detail = 'A filter of the mapping sets this record aside.';
    this.results.push(
      create(ingestionV1.EventResultSchema, { index: this.index, status: 'filtered', reason: 'filtered', detail }),
    );
  }

  get received(): number {
    return this.ordinal;
  }

  get quarantined(): number {
    return this.refused.length;
  }

  /** The batches of all partitions, in the same order each time the same records are read. */
  batches(): readonly PartitionedBatch[] {
    this.buckets.forEach((bucket, partition) => bucket && bucket.events.length > 0 && this.close(partition, bucket));
    const { tenantId, receiptId, receivedMs } = this.source;
    return this.closed.map(({ partition, events }, i) => ({
      partition,
      batch: { tenantId, receiptId, part: `p${i}`, receivedMs, events },
    }));
  }

  /** What ingestion itself decided, and the parts to come. */
  edgeOutcomes(batches: readonly PartitionedBatch[]): readonly usageV1.IntakeOutcome[] {
    const groups = this.groupRefused();
    const more = groups.slice(1).map((_, i) => `edge${i + 2}`);
    const { tenantId, receiptId, receivedMs, origin } = this.source;
    const day = toRfc3339(receivedMs).slice(0, 10);
    return groups.map((refused, i) => {
      const counts = refused.length > 0 ? [{ quarantined: refused.length }] : [];
      const own = { tenantId, receiptId, part: i === 0 ? 'edge' : `edge${i + 1}`, day, counts, refused };
      if (i > 0) return create(usageV1.IntakeOutcomeSchema, own);
      const parts = [...batches.map(({ batch }) => batch.part), ...more];
      return create(usageV1.IntakeOutcomeSchema, { ...own, received: this.received, parts, origin, receivedMs });
    });
  }

  /** The answer to the caller. */
  receipt(): ingestionV1.Receipt {
    const { tenantId, receiptId, receivedMs, origin } = this.source;
    let at = 0;
    this.groupRefused().forEach((group, i) => {
      for (const { ordinal } of group) {
        while (this.results[at]?.status === 'filtered') at++;
        const result = this.results[at++];
        if (result) result.quarantineId = quarantineIdOf(tenantId, receiptId, i === 0 ? 'edge' : `edge${i + 1}`, ordinal);
      }
    });
    return create(ingestionV1.ReceiptSchema, {
      id: receiptId,
      status: 'accepted',
      received: this.received,
      accepted: this.received - this.refused.length,
      quarantined: this.refused.length,
      receivedAt: toRfc3339(receivedMs),
      origin,
      results: this.results,
    });
  }

  private close(partition: number, bucket: Bucket): void {
    this.closed.push({ partition, events: bucket.events });
    this.buckets[partition] = undefined;
  }

  private groupRefused(): readonly usageV1.RefusedEvent[][] {
    const groups: usageV1.RefusedEvent[][] = [[]];
    let units = 0;
    for (const item of this.refused) {
      const last = groups.at(-1) ?? [];
      const itemUnits = item.original.length + item.detail.length;
      if (last.length > 0 && (units + itemUnits > maxOutcomeUnits || last.length >= maxOutcomeRefused)) {
        groups.push([item]);
        units = itemUnits;
      } else {
        last.push(item);
        units += itemUnits;
      }
    }
    return groups;
  }
}

/** One refused event has one id, whoever tells of it and however often. Sorts by the age of its receipt. */
export function quarantineIdOf(tenantId: string, receiptId: string, part: string, ordinal: number): string {
  return derivedId('quarantine', tenantId, `${part}/${ordinal}/${receiptId}`);
}
