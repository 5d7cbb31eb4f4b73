import type { Clock, Instant } from '@tollkeeper/kernel';

/**
 * The present moment of each tenant: the machine's for live tenants, the test clock's for sandboxes. The tenant service
 * owns the test clocks; everybody else hears of them by request at start and by the fact `clock_advanced`.
 */
export class TenantClocks {
  private readonly testClocks = new Map<string, Instant>();

  constructor(private readonly machine: Clock) {}

  now(tenantId: string): Instant {
    return this.testClocks.get(tenantId) ?? this.machine.now();
  }

  /** A test clock only goes forward; an older time, told late, changes nothing. */
  advance(tenantId: string, now: Instant): void {
    if (now > (this.testClocks.get(tenantId) ?? Number.NEGATIVE_INFINITY)) this.testClocks.set(tenantId, now);
  }
}
