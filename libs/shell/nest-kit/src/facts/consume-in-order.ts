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

/** Thrown by a handler: the fact is about another that is still to come, so that nothing must wait behind it. */
export class ComesTooEarly extends Error {
  override readonly name = 'ComesTooEarly';
}

const maxInFlight = 256;
const retryDelayMs = 500;
/** Put off so often without seeing the first of its line: another consumer of the group had that one meanwhile. */
const mostPutOffs = 10;

/** Facts that wait, the failed one first, each with how often it came since that one was seen; never more than are in flight. */
type Line = Map<string, number>;

/**
 * Consumes facts so that those of one tenant never overtake each other: while one of them fails, the tenant's later ones wait
 * behind it, and other tenants go on. The bus alone keeps the order only until something is told again. Between several
 * consumers of one group the order is kept as a rule, not as a guarantee: a failed fact may come back to another one.
 */
export function consumeInOrder({ bus, group, handle, onFailed }: OrderedConsumer): Subscription {
  const waiting = new Map<string, Line>();
  const leave = (tenantId: string, line: Line, ids: Iterable<string>): void => {
    for (const id of ids) line.delete(id);
    if (line.size === 0) waiting.delete(tenantId);
  };
  return bus.subscribe(factsTopic, { group, maxInFlight }, async (deliveries) => {
    for (const delivery of deliveries) {
      const { id, tenantId } = delivery.value;
      const line = waiting.get(tenantId);
      if (line && line.keys().next().value !== id) {
        const putOffs = (line.get(id) ?? 0) + 1;
        line.set(id, putOffs);
        if (putOffs > mostPutOffs) {
          leave(tenantId, line, [...line].filter(([, times]) => times === 0).map(([other]) => other));
          forgetTimes(line);
        }
        delivery.retry(retryDelayMs);
        continue;
      }
      if (line) forgetTimes(line);
      try {
        await handle(delivery.value);
        delivery.ack();
        if (line) leave(tenantId, line, [id]);
      } catch (error) {
        onFailed(delivery.value, error);
        if (error instanceof ComesTooEarly) {
          if (line) leave(tenantId, line, [id]);
        } else if (!line) waiting.set(tenantId, new Map([[id, 0]]));
        delivery.retry(retryDelayMs);
      }
    }
  });
}

function forgetTimes(line: Line): void {
  for (const id of line.keys()) line.set(id, 0);
}
