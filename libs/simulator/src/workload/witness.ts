import type { invoicingV1, receivablesV1 } from '@tollkeeper/contracts';
import type { PlannedBatch } from './plan.js';

/** A payment that somebody made and heard the answer to. */
export interface SeenPayment {
  readonly tenantId: string;
  readonly payment: receivablesV1.Payment;
}

/** What the clients sent and what they were told: all that the oracle knows of the world, besides asking at the end. */
export class Witness {
  /** Batch → receipt; those without one were given up. */
  readonly acknowledged = new Map<PlannedBatch, string>();
  readonly sent: PlannedBatch[] = [];
  /** Invoices as they looked when they were first seen, by tenant and id. */
  readonly invoices = new Map<string, { readonly tenantId: string; readonly invoice: invoicingV1.Invoice }>();
  readonly payments: SeenPayment[] = [];
  readonly billRuns: { readonly tenantId: string; readonly id: string }[] = [];
}
