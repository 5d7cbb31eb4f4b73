import type { NatsConnection } from '@nats-io/transport-node';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Clock, fromRfc3339, type Instant } from '@tollkeeper/kernel';
import { type ServiceClient, TenantClocks } from '@tollkeeper/nest-kit';

const subject = 'tollkeeper.test-clocks';

interface Told {
  readonly tenantId: string;
  readonly now: Instant;
}

/**
 * Keeps the test clocks of all processes in step. Who advances one tells it to everybody on the connection that carries the
 * requests as well; NATS keeps the order of what goes from one connection to another, so that whatever is asked after an
 * advance finds it known. What a cut connection missed is read from the tenant service. Requests about a sandbox carry its
 * present moment besides.
 */
export class SharedClocks extends TenantClocks {
  private silent = false;

  constructor(
    machine: Clock,
    private readonly connection: NatsConnection,
  ) {
    super(machine);
    connection.subscribe(subject, { callback: (error, message) => void (error ?? this.hear(message.data)) });
  }

  override advance(tenantId: string, now: Instant): boolean {
    const went = super.advance(tenantId, now);
    if (went && !this.silent && !this.connection.isClosed()) this.connection.publish(subject, JSON.stringify({ tenantId, now } satisfies Told));
    return went;
  }

  /** Reads the clock of every sandbox. @throws Problem `unavailable` when the tenant service does not answer */
  async load(client: ServiceClient): Promise<void> {
    const { items } = await client.call(tenantV1.TenantService.method.listTestClocks, {});
    this.quietly(() => {
      for (const { tenantId, now } of items) this.advance(tenantId, fromRfc3339(now) ?? 0);
    });
  }

  private hear(data: Uint8Array): void {
    const told: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
    if (!isTold(told)) return;
    this.quietly(() => this.advance(told.tenantId, told.now));
  }

  /** What was heard from others is not told again. */
  private quietly(work: () => void): void {
    this.silent = true;
    try {
      work();
    } finally {
      this.silent = false;
    }
  }
}

function isTold(value: unknown): value is Told {
  return typeof value === 'object' && value !== null && 'tenantId' in value && typeof value.tenantId === 'string' && 'now' in value && typeof value.now === 'number';
}
