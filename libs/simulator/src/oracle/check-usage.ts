import { ingestionV1 } from '@tollkeeper/contracts';
import type { PatientClient } from '../workload/client.js';
import type { PlannedBatch, PlannedEvent } from '../workload/plan.js';
import type { Witness } from '../workload/witness.js';
import type { BookedEvent, SeenTenant } from './read-all.js';
import { expectThat } from './violation.js';

const identityOf = ({ source, id, device }: { readonly source: string; readonly id: string; readonly device: string }): string => `${device} ${source} ${id}`;

/** One line of one batch: what becomes of it is decided once. */
interface Sending {
  readonly event: PlannedEvent;
  readonly batch: PlannedBatch;
  readonly isAcknowledged: boolean;
}

/** G1 to G4: what was sent, against what is booked, counted and set aside. */
export async function checkUsage(seen: SeenTenant, witness: Witness, client: PatientClient): Promise<void> {
  const { tenantId } = seen.tenant;
  const batches = witness.sent.filter((batch) => batch.tenantId === tenantId);
  const sendings = batches.flatMap((batch) => batch.events.map((event): Sending => ({ event, batch, isAcknowledged: witness.acknowledged.has(batch) })));
  const booked = seen.devices.flatMap(({ events }) => events);
  checkBookedOnce(booked, sendings);
  checkAcknowledged(seen, booked, sendings);
  for (const batch of batches) {
    const id = witness.acknowledged.get(batch);
    if (id === undefined) continue;
    const receipt = await client.ask(ingestionV1.IngestionService.method.getReceipt, { tenantId, id });
    expectThat(receipt.status === 'settled', 'G1', () => `receipt ${id} of ${batch.cause} is ${receipt.status} in a world that is at rest: ${JSON.stringify(receipt)}`);
    expectThat(receipt.received === batch.events.length, 'G4', () => `receipt ${id} says ${receipt.received} received, ${batch.events.length} were sent`);
    const told = receipt.booked + receipt.duplicate + receipt.quarantined;
    expectThat(told === receipt.received, 'G4', () => `receipt ${id}: ${told} of ${receipt.received} have an outcome`);
  }
  checkDays(seen, booked, sendings);
}

/** Nothing is booked that nobody sent, nothing twice, and nothing with a content that differs from what was sent. */
function checkBookedOnce(booked: readonly BookedEvent[], sendings: readonly Sending[]): void {
  const byIdentity = Map.groupBy(sendings, ({ event }) => identityOf(event));
  const seen = new Set<string>();
  for (const event of booked) {
    const identity = identityOf(event);
    expectThat(!seen.has(identity), 'G2', () => `${identity} is booked twice`);
    seen.add(identity);
    const sent = byIdentity.get(identity) ?? [];
    expectThat(sent.some((one) => isSame(one.event, event)), 'G3', () => `${identity} is booked as ${JSON.stringify(event)}, which nobody sent`);
  }
}

/** Acknowledged events that can be booked are booked; of those with one identity and several contents, one is. */
function checkAcknowledged(seen: SeenTenant, booked: readonly BookedEvent[], sendings: readonly Sending[]): void {
  const found = new Set(booked.map(identityOf));
  for (const { event, batch, isAcknowledged } of sendings) {
    if (!isAcknowledged || !isBookable(seen, event)) continue;
    expectThat(found.has(identityOf(event)), 'G1', () => `${identityOf(event)} of ${batch.cause} was acknowledged and is booked nowhere`);
  }
}

function isBookable({ tenant }: SeenTenant, event: PlannedEvent): boolean {
  return !event.isBroken && tenant.terms.some(({ reference }) => reference === event.device) && tenant.meters.some(({ code }) => code === event.meter);
}

function isSame(sent: PlannedEvent, booked: BookedEvent): boolean {
  const quantity = sent.meter === 'sessions' ? ['', '1'] : [sent.quantity];
  return sent.meter === booked.meter && sent.time === Date.parse(booked.time) && quantity.includes(booked.quantity) && sent.key === (booked.key ?? '');
}

interface Counts {
  booked: number;
  duplicate: number;
  quarantined: number;
}

function checkDays(seen: SeenTenant, booked: readonly BookedEvent[], sendings: readonly Sending[]): void {
  const told = new Map<string, Counts>();
  for (const { day, received, booked: b, duplicate, quarantined, unsettled, meters } of seen.days) {
    expectThat(unsettled === 0 && received === b + duplicate + quarantined, 'G4', () => `${day}: received ${received} ≠ booked ${b} + duplicate ${duplicate} + quarantined ${quarantined}`);
    for (const meter of meters) {
      const sum = told.get(meter.meter) ?? { booked: 0, duplicate: 0, quarantined: 0 };
      told.set(meter.meter, { booked: sum.booked + meter.booked, duplicate: sum.duplicate + meter.duplicate, quarantined: sum.quarantined + meter.quarantined });
    }
  }
  for (const { code } of seen.tenant.meters) {
    const inPages = booked.filter(({ meter }) => meter === code).length;
    expectThat((told.get(code)?.booked ?? 0) === inPages, 'G4', () => `${code}: ${told.get(code)?.booked ?? 0} events are told as booked, the pages hold ${inPages}`);
  }
  if (sendings.every(({ isAcknowledged }) => isAcknowledged)) checkCounts(seen, booked, sendings, told);
}

/** When every batch was acknowledged, each outcome is known to the last event. */
function checkCounts(seen: SeenTenant, booked: readonly BookedEvent[], sendings: readonly Sending[], told: ReadonlyMap<string, Counts>): void {
  const stands = new Map(booked.map((event) => [identityOf(event), event]));
  const expected = new Map<string, Counts>();
  const conflicts = new Map<string, number>();
  const counted = new Set<string>();
  for (const { event } of sendings) {
    const meter = event.isBroken ? '' : event.meter;
    const counts = expected.get(meter) ?? { booked: 0, duplicate: 0, quarantined: 0 };
    expected.set(meter, counts);
    const identity = identityOf(event);
    const standing = stands.get(identity);
    if (!isBookable(seen, event)) counts.quarantined++;
    else if (!standing || !isSame(event, standing)) {
      counts.quarantined++;
      conflicts.set(identity, (conflicts.get(identity) ?? 0) + 1);
    } else if (counted.has(identity)) counts.duplicate++;
    else {
      counted.add(identity);
      counts.booked++;
    }
  }
  for (const [meter, counts] of expected) {
    const found = told.get(meter) ?? { booked: 0, duplicate: 0, quarantined: 0 };
    const isRight = found.booked === counts.booked && found.duplicate === counts.duplicate && found.quarantined === counts.quarantined;
    expectThat(isRight, 'G4', () => `${meter || 'unreadable events'}: counted ${JSON.stringify(found)}, sent were ${JSON.stringify(counts)}`);
  }
  const quarantined = Map.groupBy(
    seen.quarantine.filter(({ reason }) => reason === 'conflict'),
    ({ event }) => identityOf({ source: event?.source ?? '', id: event?.id ?? '', device: event?.device ?? '' }),
  );
  for (const [identity, count] of conflicts) {
    const found = quarantined.get(identity)?.length ?? 0;
    expectThat(found === count, 'G3', () => `${identity} was sent ${count} times with another content, ${found} are in the quarantine`);
  }
}
