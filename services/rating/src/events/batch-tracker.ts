import { create } from '@bufbuild/protobuf';
import { type UsageBatchValue, usageV1 } from '@tollkeeper/contracts';
import type { Instant } from '@tollkeeper/kernel';
import type { Delivery } from '@tollkeeper/ports';
import type { PageEvent } from '../pages/page-events.js';

export type RefusalReason =
  | 'invalid_event'
  | 'unknown_device'
  | 'unknown_meter'
  | 'no_price'
  | 'conflict'
  | 'too_late'
  | 'too_early'
  | 'register_decreased'
  | 'unique_limit_reached'
  | 'currency_mismatch';

export interface Refusal {
  readonly reason: RefusalReason;
  /** For a person: what was wrong, where, how to mend it. */
  readonly detail: string;
  /** Member of the event that was wrong, '' for none. */
  readonly param: string;
}

interface Counts {
  booked: number;
  duplicate: number;
  quarantined: number;
}

const dayMs = 86_400_000;

/** Knows how the events of one delivery ended, and when all of them have. */
export class BatchTracker {
  private readonly counts = new Map<string, Counts>();
  private readonly refused: usageV1.RefusedEvent[] = [];
  private lastMeter: string | undefined;
  private lastCounts: Counts = { booked: 0, duplicate: 0, quarantined: 0 };
  /** Events without an outcome. */
  open: number;
  readonly receivedMs: Instant;

  constructor(
    readonly delivery: Delivery<UsageBatchValue>,
    readonly receiptId: string,
  ) {
    this.open = delivery.value.events.length;
    this.receivedMs = delivery.value.receivedMs;
  }

  booked(event: PageEvent): void {
    this.of(event.meter).booked++;
    this.open--;
  }

  duplicate(event: PageEvent): void {
    this.of(event.meter).duplicate++;
    this.open--;
  }

  refuse(event: PageEvent, device: string, refusal: Refusal): void {
    this.of(event.meter).quarantined++;
    this.open--;
    const { reason, detail, param } = refusal;
    this.refused.push(
      create(usageV1.RefusedEventSchema, {
        ordinal: event.ordinal,
        reason,
        detail,
        param,
        event: create(usageV1.UsageEventSchema, toMessage(event, device)),
      }),
    );
  }

  /** What ingestion is told, once nothing is open. */
  outcome(): usageV1.IntakeOutcome {
    const { tenantId, receiptId, part, receivedMs } = this.delivery.value;
    return create(usageV1.IntakeOutcomeSchema, {
      tenantId,
      receiptId,
      part,
      day: new Date(Math.floor(receivedMs / dayMs) * dayMs).toISOString().slice(0, 10),
      counts: [...this.counts].map(([meter, counts]) => create(usageV1.MeterCountSchema, { meter, ...counts })),
      refused: this.refused,
    });
  }

  private of(meter: string): Counts {
    if (meter === this.lastMeter) return this.lastCounts;
    let counts = this.counts.get(meter);
    if (!counts) {
      counts = { booked: 0, duplicate: 0, quarantined: 0 };
      this.counts.set(meter, counts);
    }
    this.lastMeter = meter;
    this.lastCounts = counts;
    return counts;
  }
}

function toMessage(event: PageEvent, device: string) {
  const { id, source, meter, time, quantity, key, dimensions, ordinal } = event;
  return { id, source, device, meter, timeMs: time, quantity, key, dimensions: { ...dimensions }, ordinal };
}
