import type { usageV1 } from '@tollkeeper/contracts';
import { counter } from '@tollkeeper/nest-kit';

/**
 * Counts events by how they ended. For graphs and alarms: parts that were delivered again are counted again, where the day's
 * chain counts each once.
 */
export class IntakeMeasure {
  private readonly events = counter('tollkeeper.usage.events', { unit: '{event}', description: 'Usage events by how they ended.' });

  counted({ counts }: usageV1.IntakeOutcome): void {
    let booked = 0;
    let duplicate = 0;
    let quarantined = 0;
    for (const of of counts) {
      booked += of.booked;
      duplicate += of.duplicate;
      quarantined += of.quarantined;
    }
    if (booked > 0) this.events.add(booked, { 'tollkeeper.outcome': 'booked' });
    if (duplicate > 0) this.events.add(duplicate, { 'tollkeeper.outcome': 'duplicate' });
    if (quarantined > 0) this.events.add(quarantined, { 'tollkeeper.outcome': 'quarantined' });
  }
}
