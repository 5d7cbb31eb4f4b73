import type { ChainWriter } from '@tollkeeper/chain-kit';
import type { Instant } from '@tollkeeper/kernel';
import { unbilledChain } from '../store/chains.js';

/** A bill run's attempt at a customer that failed after it may have closed accounts: asked for again, it gives the same charges. */
export interface UnbilledOrder {
  readonly cause: string;
  /** RFC 3339. */
  readonly until: string;
  readonly all: boolean;
}

interface UnbilledState {
  readonly orders: readonly UnbilledOrder[];
}

/**
 * Closed accounts answer only to the cause that closed them. When no invoice came of it, the cause is kept here until a later bill
 * run has invoiced it; a run does that before it closes anything else, so that there is hardly ever more than one.
 */
export class UnbilledCharges {
  constructor(private readonly writer: ChainWriter) {}

  async of(tenantId: string, customerId: string): Promise<readonly UnbilledOrder[]> {
    return (await this.writer.state<UnbilledState>(unbilledChain(tenantId, customerId)))?.orders ?? [];
  }

  async remember(tenantId: string, customerId: string, order: UnbilledOrder, now: Instant): Promise<void> {
    await this.writer.execute<UnbilledState>({
      chain: unbilledChain(tenantId, customerId),
      cause: `unbilled:${order.cause}`,
      now,
      decide: (state) => ({ kind: 'unbilled', body: order, state: { orders: [...(state?.orders ?? []), order] } }),
    });
  }

  async forget(tenantId: string, customerId: string, orders: readonly UnbilledOrder[], now: Instant): Promise<void> {
    for (const order of orders) {
      await this.writer.execute<UnbilledState>({
        chain: unbilledChain(tenantId, customerId),
        cause: `billed:${order.cause}`,
        now,
        decide: (state) => ({ kind: 'billed', body: order, state: { orders: (state?.orders ?? []).filter(({ cause }) => cause !== order.cause) } }),
      });
    }
  }
}
