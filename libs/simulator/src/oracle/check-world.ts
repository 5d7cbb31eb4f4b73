import { ratingV1 } from '@tollkeeper/contracts';
import type { Platform } from '../services/platform.js';
import type { PatientClient } from '../workload/client.js';
import type { Plan } from '../workload/plan.js';
import type { Witness } from '../workload/witness.js';
import { checkChains } from './check-chains.js';
import { checkCharges } from './check-charges.js';
import { checkInvoices } from './check-invoices.js';
import { checkLedger } from './check-ledger.js';
import { checkUsage } from './check-usage.js';
import { readTenant } from './read-all.js';
import { expectThat } from './violation.js';

/** Asks the calm world for everything it has, and compares it with what the clients did. @throws Violation */
export async function checkWorld(platform: Platform, plan: Plan, witness: Witness, client: PatientClient): Promise<void> {
  const from = plan.months[0]?.startMs ?? 0;
  const to = platform.world.clock.now();
  for (const tenant of plan.tenants) {
    const seen = await readTenant(client, tenant, from, to);
    await checkUsage(seen, witness, client);
    checkCharges(seen);
    checkInvoices(seen, witness);
    checkLedger(seen, witness);
    const rerated = await client.ask(ratingV1.RatingService.method.verifyRerating, { tenantId: tenant.tenantId, limit: 500 });
    expectThat(rerated.faults.length === 0, 'G6', () => `re-rating differs: ${JSON.stringify(rerated.faults)}`);
  }
  await checkChains(platform.world.chains, client, platform.world.chance);
}
