import type { ratingV1 } from '@tollkeeper/contracts';
import type { PlannedEvent } from '../workload/plan.js';
import { exact, show, sum } from './exact.js';
import { localTime } from './local-time.js';
import { priceNaively } from './price-naively.js';
import type { BookedEvent, SeenDevice, SeenTenant } from './read-all.js';
import { expectThat } from './violation.js';

/** G6: what each account was charged, against the oracle's own prices of the events that its pages hold. */
export function checkCharges(seen: SeenTenant): void {
  for (const device of seen.devices) {
    checkDevice(seen, device);
    checkFees(seen, device);
  }
}

function checkDevice(seen: SeenTenant, { device, account, entries, events }: SeenDevice): void {
  const { tenant } = seen;
  const zone = tenant.terms.find(({ reference }) => reference === device)?.timeZone ?? 'UTC';
  const naive = priceNaively(tenant, events.map(toPlanned));
  const charged = entries.filter(({ kind }) => kind === 'usage_posted').flatMap(({ charges }) => charges);
  const keyOf = (meter: string, month: string, window: string): string => `${device} ${meter} ${month} ${window}`;
  const expected = Map.groupBy(naive, ({ meter, month, window }) => keyOf(meter, month, window));
  const found = Map.groupBy(charged, ({ meter, periodStart, window }) => keyOf(meter, localTime(Date.parse(periodStart), zone).month, window));
  for (const key of new Set([...expected.keys(), ...found.keys()])) {
    const ours = sum((expected.get(key) ?? []).map(({ amount }) => amount));
    const theirs = sum((found.get(key) ?? []).map(({ amount }) => exact(amount)));
    expectThat(ours === theirs, 'G6', () => `${key}: charged ${show(theirs)}, its events cost ${show(ours)}`);
  }
  const usage = sum(charged.map(({ amount }) => exact(amount)));
  const closed = entries.filter(({ kind }) => kind === 'closed').flatMap(({ charges }) => charges);
  const closedUsage = sum(closed.filter(({ fee }) => fee === '').map(({ amount }) => exact(amount)));
  const held = exact(account.balance);
  expectThat(usage === closedUsage + held, 'G6', () => `${device}: charges ${show(usage)} ≠ closed ${show(closedUsage)} + balance ${show(held)}`);
}

/** A device's fee is charged once for each month, from the first on, without a gap. */
function checkFees({ tenant }: SeenTenant, { device, entries }: SeenDevice): void {
  const terms = tenant.terms.find(({ reference }) => reference === device);
  const fee = terms?.recurringFees?.[0]?.amount;
  const lines = entries.flatMap(({ kind, charges }) => (kind === 'closed' ? charges.filter((line: ratingV1.ChargeLine) => line.fee !== '') : []));
  const months = lines.map(({ periodStart }) => localTime(Date.parse(periodStart), terms?.timeZone ?? 'UTC').month).sort();
  expectThat(fee !== undefined || lines.length === 0, 'G6', () => `${device} has no fee and was charged ${lines.length}`);
  if (fee === undefined || lines.length === 0) return;
  expectThat(lines.every(({ amount }) => exact(amount) === exact(fee)), 'G6', () => `${device}: a fee of ${fee} was charged as ${lines.map(({ amount }) => amount).join(', ')}`);
  const expected = months.map((_, i) => monthAfter((terms?.startDate ?? '').slice(0, 7), i));
  expectThat(months.join() === expected.join(), 'G2', () => `${device}: fees were charged for ${months.join(', ')}`);
}

function monthAfter(month: string, count: number): string {
  const [year = 0, number = 1] = month.split('-').map(Number);
  return new Date(Date.UTC(year, number - 1 + count, 1)).toISOString().slice(0, 7);
}

function toPlanned(event: BookedEvent): PlannedEvent {
  const { id, source, device, meter, key = '' } = event;
  return { id, source, device, meter, key, quantity: event.quantity === '' ? '1' : event.quantity, time: Date.parse(event.time), isBroken: false };
}
