import type { UsageBatchValue } from '@tollkeeper/contracts';
import { caughtUp, type ServicePorts } from '@tollkeeper/nest-kit';
import type { Topic } from '@tollkeeper/ports';
import type { UsageConsumer } from './book-usage.js';

/** What waits longer than this is behind for another reason than pages that gather. */
const longestWaitMs = 3_000;

/**
 * Has usage booked before an account is decided about. What this process holds is booked at once. What other consumers hold is
 * waited for where a person advances the clock and expects the day's usage in the day's accounts; a live tenant's accounts
 * take in the next period what comes a second late.
 */
export class SettledUsage {
  constructor(
    private readonly ports: Pick<ServicePorts, 'bus' | 'timers' | 'clocks'>,
    private readonly usage: UsageConsumer,
    private readonly topic: Topic<UsageBatchValue>,
  ) {}

  async settle(tenantId: string, devices: readonly string[] | undefined): Promise<void> {
    const { bus, timers, clocks } = this.ports;
    if (devices) await Promise.all(devices.map((device) => this.usage.settle(tenantId, device)));
    else await this.usage.settle(tenantId);
    if (clocks.testClock(tenantId) !== undefined) await caughtUp(bus, timers, this.topic, 'rating', longestWaitMs);
  }
}
