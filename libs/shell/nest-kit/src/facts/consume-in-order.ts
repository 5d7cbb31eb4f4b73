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
/** Put off so often, for each that waits, without seeing the first: another consumer of the group had it meanwhile. */
const mostPutOffs = 10;

interface Line {
  /** Ids of the facts that wait, the failed one first; never more than are in flight. */
  readonly ids: string[];
  putOffs: number;
}

/**
 * Consumes facts so that those of one tenant never overtake each other: while one of them fails, the tenant's later ones wait
 * behind it, and other tenants go on. The bus alone keeps the order only until something is told again. Between several
 * consumers of one group the order is kept as a rule, not as a guarantee: a failed fact may come back to another one.
 */
export function consumeInOrder({ bus, group, handle, onFailed }: OrderedConsumer): Subscription {
  const waiting = new Map<string, Line>();
  const leave = (tenantId: string, line: Line): void => {
    line.ids.shift();
    line.putOffs = 0;
    if (line.ids.length === 0) waiting.delete(tenantId);
  };
  return bus.subscribe(factsTopic, { group, maxInFlight }, async (deliveries) => {
    for (const delivery of deliveries) {
      const { id, tenantId } = delivery.value;
      const line = waiting.get(tenantId);
      const place = line?.ids.indexOf(id) ?? -1;
      if (line && place !== 0) {
        if (place < 0) line.ids.push(id);
        if (++line.putOffs > mostPutOffs * line.ids.length) leave(tenantId, line);
        delivery.retry(retryDelayMs);
        continue;
      }
      if (line) line.putOffs = 0;
      try {
        await handle(delivery.value);
        delivery.ack();
        if (line) leave(tenantId, line);
      } catch (error) {
        onFailed(delivery.value, error);
        if (!line) waiting.set(tenantId, { ids: [id], putOffs: 0 });
        delivery.retry(retryDelayMs);
      }
    }
  });
}
