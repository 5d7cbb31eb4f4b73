export type Promised = 'G1' | 'G2' | 'G3' | 'G4' | 'G5' | 'G6' | 'G7' | 'G8' | 'G11' | 'G12' | 'G13' | 'answers' | 'determinism';

/** What each promise says, for people. */
const promises: Readonly<Record<Promised, string>> = {
  G1: 'every acknowledged event is booked once, or its receipt stays unsettled',
  G2: 'one event has one charge, whatever is redelivered, restarted or run twice',
  G3: 'the same identity with other content is quarantined, never billed',
  G4: 'booked + duplicate + quarantined = received, per tenant, meter and day',
  G5: 'every journal entry sums to zero per currency',
  G6: 'account total = sum of charges = re-rating from the events',
  G7: 'invoice total = lines + tax + rounding; an issued invoice never changes',
  G8: 'document numbers are 1..n without gap or twin per series',
  G11: 'late events never change an issued invoice',
  G12: 'an edited, deleted or reordered entry is detected',
  G13: 'when faults end, the backlog drains',
  answers: 'a right request is carried out',
  determinism: 'a seed reproduces exactly',
};

/** A promise that a world broke. */
export class Violation extends Error {
  override readonly name = 'Violation';

  constructor(
    readonly promise: Promised,
    readonly detail: string,
  ) {
    super(`${promise} (${promises[promise]}): ${detail}`);
  }
}

/** Says what is wrong unless it is right. */
export function expectThat(isRight: boolean, promise: Promised, detail: () => string): asserts isRight {
  if (!isRight) throw new Violation(promise, detail());
}
