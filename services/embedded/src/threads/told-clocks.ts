import type { Wire } from '@tollkeeper/bus-thread';
import type { Clock, Instant } from '@tollkeeper/kernel';
import { TenantClocks } from '@tollkeeper/nest-kit';

interface ClockTold {
  readonly tenantId: string;
  readonly now: Instant;
}

/** The test clocks of the thread in which the tenant service runs: another thread is told when one advances. */
export class ToldClocks extends TenantClocks {
  constructor(
    machine: Clock,
    private readonly wire: Wire,
  ) {
    super(machine);
  }

  override advance(tenantId: string, now: Instant): boolean {
    const went = super.advance(tenantId, now);
    if (went) this.wire.send({ tenantId, now } satisfies ClockTold);
    return went;
  }
}

/** The same clocks in the thread that is told. */
export function followClocks(wire: Wire, clocks: TenantClocks): void {
  wire.listen((message) => {
    const { tenantId, now } = message as ClockTold;
    clocks.advance(tenantId, now);
  });
}
