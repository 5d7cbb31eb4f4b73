import type { UsageEventValue, usageV1 } from '@tollkeeper/contracts';
import { type PartitionedBatch, UsageIntake } from './usage-intake.js';

/** A native event as a source writes it. */
export function nativeEvent(change: Record<string, unknown> = {}, data: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    specversion: '1.0',
    type: 'tollkeeper.usage.v1',
    id: 'e-1',
    source: 'hall-1',
    subject: 'SE*NGR*E0001',
    time: '2026-03-01T10:00:00Z',
    data: { meter: 'energy_kwh', quantity: '1.25', ...data },
    ...change,
  };
}

export function newIntake(): UsageIntake {
  return new UsageIntake({ tenantId: 'ten_a', receiptId: 'rcp_a', receivedMs: Date.UTC(2026, 2, 1), origin: 'api' }, 4, 1000);
}

/** What an intake holds, as a test likes to see it. */
export interface IntakeContent {
  readonly events: readonly UsageEventValue[];
  readonly refused: readonly usageV1.RefusedEvent[];
  readonly batches: readonly PartitionedBatch[];
}

export function contentOf(intake: UsageIntake): IntakeContent {
  const batches = intake.batches();
  const events = batches.flatMap(({ batch }) => batch.events).sort((a, b) => a.ordinal - b.ordinal);
  const refused = intake.edgeOutcomes(batches).flatMap((outcome) => outcome.refused);
  return { events, refused, batches };
}
