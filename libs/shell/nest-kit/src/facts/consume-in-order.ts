import type { factsV1 } from '@tollkeeper/contracts';
import type { Bus, Subscription } from '@tollkeeper/ports';
import { factsTopic } from './topics.js';

export interface OrderedConsumer {
  readonly bus: Bus;
  readonly group: string;
  /** Idempotent: a fact is told again until it was handled. */
  handle(fact: factsV1.Fact): Promise<void>;
  onFailed(fact: factsV1.Fact, error: unknown): void;
}

const maxInFlight = 256;
const retryDelayMs = 500;

/**
 * Consumes facts so that those of one tenant never overtake each other: while one of them fails, the tenant's later ones wait
 * behind it, and other tenants go on. The bus alone keeps the order only until something is told again.
 */
export function consumeInOrder({ bus, group, handle, onFailed }: OrderedConsumer): Subscription {
  /** Tenant → ids of the facts that wait, the failed one first; never more than are in flight. */
  const waiting = new Map<string, string[]>();
  return bus.subscribe(factsTopic, { group, maxInFlight }, async (deliveries) => {
    for (const delivery of deliveries) {
      const { id, tenantId } = delivery.value;
      const line = waiting.get(tenantId) ?? [];
      const place = line.indexOf(id);
      if (line.length > 0 && place !== 0) {
        if (place < 0) line.push(id);
        delivery.retry(retryDelayMs);
        continue;
      }
      try {
        await handle(delivery.value);
        delivery.ack();
        if (place === 0) line.shift();
        if (line.length === 0) waiting.delete(tenantId);
      } catch (error) {
        onFailed(delivery.value, error);
        if (place < 0) waiting.set(tenantId, [id]);
        delivery.retry(retryDelayMs);
      }
    }
  });
}
