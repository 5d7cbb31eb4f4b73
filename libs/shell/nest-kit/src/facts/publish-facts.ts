import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { factsV1 } from '@tollkeeper/contracts';
import { type Entry, toRfc3339 } from '@tollkeeper/kernel';
import type { Bus } from '@tollkeeper/ports';
import { measureFacts } from './measure-facts.js';
import { factsTopic, partitionOf } from './topics.js';

type What = Exclude<MessageInitShape<typeof factsV1.FactSchema>['what'], undefined>;

/**
 * Tells what an entry made happen. The fact's id comes from the entry's hash, so that telling it again after a crash is
 * recognised by whoever listens.
 */
export async function publishFacts(bus: Bus, tenantId: string, entry: Entry, facts: readonly What[]): Promise<void> {
  if (facts.length === 0) return;
  const stem = Buffer.from(entry.hash.subarray(0, 12)).toString('hex');
  const messages = facts.map((what, i) => {
    const id = `evt_${stem}${i.toString(16).padStart(2, '0')}`;
    const value = create(factsV1.FactSchema, { id, tenantId, at: toRfc3339(entry.bookedAt), chain: entry.chain, n: entry.n, what });
    return { id, value };
  });
  await bus.publish(factsTopic, partitionOf(tenantId, factsTopic.partitions), messages);
  measureFacts(messages.map(({ value }) => value));
}
