import { commissionsV1, invoicingV1, ratingV1, receivablesV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import type { ServiceClient } from '@tollkeeper/nest-kit';

/** What has closed can be invoiced, what is invoiced can be overdue, what is paid can be shared: each works on the one before. */
const inOrder = [
  ratingV1.RatingService.method.runDue,
  invoicingV1.InvoicingService.method.runDue,
  receivablesV1.ReceivablesService.method.runDue,
  commissionsV1.CommissionsService.method.runDue,
] as const;

/** Things done, by name. */
export type DoneCounts = Record<string, number>;

/** Asks every service, one after the other, to do what is due for the tenant. @throws Problem of the first that cannot. */
export async function runDue(client: ServiceClient, tenantId: string, now: Instant, done: DoneCounts): Promise<void> {
  const request = { tenantId, now: toRfc3339(now) };
  for (const method of inOrder) {
    const reply = await client.call(method, request);
    for (const [name, count] of Object.entries(reply.done)) done[name] = (done[name] ?? 0) + count;
  }
}
