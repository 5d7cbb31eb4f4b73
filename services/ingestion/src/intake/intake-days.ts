import { create } from '@bufbuild/protobuf';
import { ingestionV1 } from '@tollkeeper/contracts';
import { fromCanonicalBytes, fromRfc3339, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import type { DayState } from './day-state.js';

const dayMs = 86_400_000;
const maxDays = 400;
const usualDays = 30;

/**
 * Without `to` up to today, on the tenant's clock (`now`); without `from` the 30 days before.
 * @throws Problem invalid_request for days that do not exist, or a range of more than 400
 */
export async function listIntakeDays(
  chains: ChainStore,
  tenantId: string,
  from: string,
  to: string,
  now: Instant,
): Promise<ingestionV1.IntakeDays> {
  const last = to === '' ? Math.floor(now / dayMs) * dayMs : dayStart(to, 'to');
  const first = from === '' ? last - usualDays * dayMs : dayStart(from, 'from');
  if (last < first) throw new Problem('invalid_request', `to (${toRfc3339(last).slice(0, 10)}) lies before from (${from}).`, { param: 'to' });
  if ((last - first) / dayMs >= maxDays)
    throw new Problem('invalid_request', `The range has more than ${maxDays} days; ask for it in parts.`, { param: 'to' });
  const days: string[] = [];
  for (let at = first; at <= last; at += dayMs) days.push(toRfc3339(at).slice(0, 10));
  const heads = await chains.heads(days.map((day) => `intake/${tenantId}/${day}`));
  const items = heads.flatMap((head, i) => (head ? [toIntakeDay(days[i] ?? '', fromCanonicalBytes<DayState>(head.state))] : []));
  return create(ingestionV1.IntakeDaysSchema, { items });
}

function dayStart(day: string, param: string): number {
  const start = /^\d{4}-\d\d-\d\d$/.test(day) ? fromRfc3339(`${day}T00:00:00Z`) : undefined;
  if (start === undefined) throw new Problem('invalid_request', `${param} is a day such as 2026-01-31.`, { param });
  return start;
}

function toIntakeDay(day: string, state: DayState): ingestionV1.IntakeDay {
  const { received, booked, duplicate, quarantined } = state;
  const meters = Object.entries(state.meters).map(([meter, counts]) => ({
    meter,
    booked: counts[0],
    duplicate: counts[1],
    quarantined: counts[2],
  }));
  return create(ingestionV1.IntakeDaySchema, {
    day,
    received,
    booked,
    duplicate,
    quarantined,
    unsettled: received - booked - duplicate - quarantined,
    meters,
  });
}
