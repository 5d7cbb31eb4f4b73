import { factsTopic, intakeTopic, usageTopic } from '@tollkeeper/nest-kit';
import type { Topic } from '@tollkeeper/ports';

export interface ConsumerGroups {
  readonly topic: Topic<unknown>;
  readonly groups: readonly string[];
}

/**
 * Who consumes what. Every process sees to it that all of these exist before it publishes anything: a service that is started
 * for the first time after the others has missed nothing. A group that nobody consumes any more must leave this list, or
 * what it does not acknowledge is kept for ever.
 */
export function consumerGroups(usagePartitions: number): readonly ConsumerGroups[] {
  return [
    { topic: factsTopic as Topic<unknown>, groups: ['rating', 'invoicing', 'receivables', 'commissions', 'tenant-webhooks'] },
    { topic: intakeTopic as Topic<unknown>, groups: ['ingestion'] },
    { topic: usageTopic(usagePartitions) as Topic<unknown>, groups: ['rating'] },
  ];
}
