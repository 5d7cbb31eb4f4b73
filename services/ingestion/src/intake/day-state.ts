import type { usageV1 } from '@tollkeeper/contracts';

/** Booked, duplicate, quarantined. */
type Counts = readonly [booked: number, duplicate: number, quarantined: number];

/**
 * What came in on one day, and how it ended (G4): received = booked + duplicate + quarantined once everything is settled.
 * The folded state of the chain `intake/<tenant>/<day>`.
 */
export interface DayState {
  readonly received: number;
  readonly booked: number;
  readonly duplicate: number;
  readonly quarantined: number;
  /** Meter → counts; '' for what was refused before its meter was known, and for meters past the bound. */
  readonly meters: Readonly<Record<string, Counts>>;
}

/** One part of a receipt, as the entry's body keeps it: enough to make the receipts view again. */
export interface CountedPart {
  readonly receipt: string;
  readonly part: string;
  /** By how much this part raised the day's `received`. */
  readonly received: number;
  readonly counts: readonly { readonly meter: string; readonly counts: Counts }[];
  /** Only of the edge part. */
  readonly edge?: {
    readonly received: number;
    readonly parts: readonly string[];
    readonly origin: string;
    readonly receivedMs: number;
  };
}

/** Body of an entry of kind `outcomes_counted`. */
export interface CountedParts {
  readonly parts: readonly CountedPart[];
}

export const emptyDay: DayState = { received: 0, booked: 0, duplicate: 0, quarantined: 0, meters: {} };

/** The state stays small whatever names of meters a source invents. */
const maxMeters = 200;

/** Pure: the day's totals after these parts. */
export function countParts(state: DayState, parts: readonly CountedPart[]): DayState {
  let { received, booked, duplicate, quarantined } = state;
  const meters = new Map(Object.entries(state.meters));
  for (const part of parts) {
    received += part.received;
    for (const { meter, counts } of part.counts) {
      booked += counts[0];
      duplicate += counts[1];
      quarantined += counts[2];
      const name = meters.has(meter) || meters.size < maxMeters ? meter : '';
      const before = meters.get(name) ?? [0, 0, 0];
      meters.set(name, [before[0] + counts[0], before[1] + counts[1], before[2] + counts[2]]);
    }
  }
  return { received, booked, duplicate, quarantined, meters: Object.fromEntries(meters) };
}

/** How a part of a receipt is called within the day. */
export function partKey(receipt: string, part: string): string {
  return `${receipt}/${part}`;
}

/** An outcome as it is counted, apart from `received`, which the receipt decides. */
export function toCounts(outcome: usageV1.IntakeOutcome): CountedPart['counts'] {
  return outcome.counts.map(({ meter, booked, duplicate, quarantined }) => ({
    meter,
    counts: [booked, duplicate, quarantined] as const,
  }));
}
