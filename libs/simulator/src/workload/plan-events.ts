import type { Chance } from '../world/chance.js';
import type { PlannedBatch, PlannedEvent, PlannedMonth, PlannedTenant } from './plan.js';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** A source repeats what is so old at most: beyond its window the platform refuses late readings, repeated or not. */
const repeatedWithinMs = 30 * dayMs;
/** Clients wait this long at most before they send. */
const phaseMs = 3_000;

/** Readings of all devices, month by month, with everything in them that real sources do wrong. */
export function planEvents(chance: Chance, tenants: readonly PlannedTenant[], months: readonly { readonly startMs: number; readonly endMs: number }[]): readonly PlannedMonth[] {
  const sources = tenants.map((tenant) => new Source(chance, tenant));
  return months.map(({ startMs, endMs }) => ({
    startMs,
    endMs,
    batches: sources.flatMap((source) => source.batches(chance.between(2, 5), startMs, endMs - 2 * hourMs)),
    lateBatches: sources.flatMap((source) => source.batches(chance.between(1, 2), endMs - 4 * dayMs, endMs + 2 * hourMs)),
  }));
}

/** The readings of one tenant's devices, as its source sends them. */
class Source {
  private sent: PlannedEvent[] = [];
  private readings = 0;
  private batchCount = 0;

  constructor(
    private readonly chance: Chance,
    private readonly tenant: PlannedTenant,
  ) {}

  batches(count: number, fromMs: number, toMs: number): PlannedBatch[] {
    return Array.from({ length: count }, () => this.batch(fromMs, toMs));
  }

  private batch(fromMs: number, toMs: number): PlannedBatch {
    const { chance } = this;
    const events: PlannedEvent[] = [];
    for (let left = chance.between(1, 16); left > 0; left--) events.push(this.event(fromMs, toMs));
    const fresh = events.filter((event) => !this.sent.includes(event));
    this.sent.push(...fresh);
    return {
      tenantId: this.tenant.tenantId,
      cause: `req_${this.tenant.tenantId}_${++this.batchCount}`,
      events: chance.hits(0.3) ? chance.shuffled(events) : events,
      afterMs: chance.below(phaseMs),
      attempts: chance.hits(0.08) ? 1 : 200,
      isNewEachTime: chance.hits(0.4),
    };
  }

  private event(fromMs: number, toMs: number): PlannedEvent {
    const { chance } = this;
    const repeatable = this.sent.filter(({ time }) => time > toMs - repeatedWithinMs);
    if (repeatable.length > 0 && chance.hits(0.18)) {
      const earlier = chance.pick(repeatable);
      // The same identity again: the same reading, or another one under its name.
      return chance.hits(0.6) ? earlier : { ...earlier, quantity: this.quantity() };
    }
    return this.fresh(fromMs, toMs);
  }

  private fresh(fromMs: number, toMs: number): PlannedEvent {
    const { chance, tenant } = this;
    const meter = chance.pick(tenant.meters);
    const isUnknown = chance.hits(0.02);
    return {
      id: `r${String(++this.readings).padStart(5, '0')}`,
      source: chance.pick(['meter-gateway', 'second-gateway']),
      device: isUnknown ? 'device-unknown' : chance.pick(tenant.terms).reference,
      meter: chance.hits(0.02) ? 'no-such-meter' : meter.code,
      time: fromMs + chance.below(toMs - fromMs),
      quantity: meter.aggregation === 'count' ? '1' : this.quantity(),
      key: meter.aggregation === 'unique' ? `user-${chance.below(6)}` : '',
      isBroken: chance.hits(0.02),
    };
  }

  private quantity(): string {
    const thousandths = this.chance.between(1, 9_999);
    return this.chance.hits(0.3) ? `${1 + (thousandths % 9)}` : `${Math.floor(thousandths / 1000)}.${String(thousandths % 1000).padStart(3, '0').replace(/0+$/, '') || '5'}`;
  }
}
