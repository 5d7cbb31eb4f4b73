import type { factsV1 } from '@tollkeeper/contracts';
import { factsTopic, type ServicePorts } from '@tollkeeper/nest-kit';
import type { Subscription } from '@tollkeeper/ports';
import { setBlock } from '../usecases/set-block.js';

const retryDelayMs = 500;

/** Receivables asks for devices to be blocked and unblocked; the account does it, once per fact. */
export function blockDevices(ports: ServicePorts, onFailed: (error: unknown) => void): Subscription {
  return ports.bus.subscribe(factsTopic, { group: 'rating', maxInFlight: 256 }, async (deliveries) => {
    for (const [i, delivery] of deliveries.entries()) {
      try {
        await obey(ports, delivery.value);
        delivery.ack();
      } catch (error) {
        onFailed(error);
        // What stands behind waits with it, or an unblock could overtake its block.
        for (const later of deliveries.slice(i)) later.retry(retryDelayMs);
        return;
      }
    }
  });
}

async function obey(ports: ServicePorts, { id, tenantId, chain, n, what }: factsV1.Fact): Promise<void> {
  if (what.case !== 'deviceBlockRequested' && what.case !== 'deviceUnblockRequested') return;
  const { device, reason } = what.value;
  const blocked = what.case === 'deviceBlockRequested';
  await setBlock(ports.actors, { tenantId, device, cause: id, now: ports.clocks.now(tenantId), blocked, reason, askedBy: { chain, n } });
}
