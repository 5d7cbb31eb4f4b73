import type { Clock, Instant } from '@tollkeeper/kernel';

/**
 * The present moment of each tenant: the machine's for live tenants, the test clock's for sandboxes. The tenant service
 * owns the test clocks; where services are processes of their own, their composition keeps those of the others in step.
 */
export class TenantClocks {
  private readonly testClocks = new Map<string, Instant>();

  constructor(private readonly machine: Clock) {}

  now(tenantId: string): Instant {
    return this.testClocks.get(tenantId) ?? this.machine.now();
  }

  /** The present moment of a sandbox; undefined for a live tenant. */
  testClock(tenantId: string): Instant | undefined {
    return this.testClocks.get(tenantId);
  }

  /** A test clock only goes forward; an older time, told late, changes nothing. Answers whether it went. */
  advance(tenantId: string, now: Instant): boolean {
    if (now <= (this.testClocks.get(tenantId) ?? Number.NEGATIVE_INFINITY)) return false;
    this.testClocks.set(tenantId, now);
    return true;
  }
}
