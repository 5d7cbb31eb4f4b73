import type { DescMethodUnary } from '@bufbuild/protobuf';
import { commissionsV1, ingestionV1, invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { rpcPattern } from '@tollkeeper/nest-kit';

const seconds = 1_000;
const minutes = 60 * seconds;

const usualMs = 30 * seconds;

/** Methods whose work grows with what a tenant has. A lost server is noticed long before: it stops giving signs of life. */
const longer: readonly (readonly [DescMethodUnary, number])[] = [
  [tenantV1.TenantService.method.advanceClock, 60 * minutes],
  [tenantV1.TenantService.method.createDevices, 2 * minutes],
  [tenantV1.TenantService.method.putContract, 2 * minutes],
  [tenantV1.TenantService.method.verifyChains, 10 * minutes],
  [ratingV1.RatingService.method.runDue, 10 * minutes],
  [ratingV1.RatingService.method.applyContract, 2 * minutes],
  [ratingV1.RatingService.method.closeAccounts, 2 * minutes],
  [ratingV1.RatingService.method.verifyRerating, 10 * minutes],
  [ratingV1.RatingService.method.verifyChains, 10 * minutes],
  [ingestionV1.IngestionService.method.acceptUsage, 2 * minutes],
  [ingestionV1.IngestionService.method.putFileChunk, 2 * minutes],
  [ingestionV1.IngestionService.method.replayQuarantine, 5 * minutes],
  [ingestionV1.IngestionService.method.verifyChains, 10 * minutes],
  [invoicingV1.InvoicingService.method.previewBillRun, 10 * minutes],
  [invoicingV1.InvoicingService.method.runDue, 10 * minutes],
  [invoicingV1.InvoicingService.method.verifyChains, 10 * minutes],
  [receivablesV1.ReceivablesService.method.importPayments, 10 * minutes],
  [receivablesV1.ReceivablesService.method.runDue, 10 * minutes],
  [receivablesV1.ReceivablesService.method.verifyChains, 10 * minutes],
  [commissionsV1.CommissionsService.method.runDue, 10 * minutes],
  [commissionsV1.CommissionsService.method.verifyChains, 10 * minutes],
];

const byPattern = new Map(longer.map(([method, ms]) => [rpcPattern(method), ms]));

/** Milliseconds that a request of this method may take. */
export function timeoutOf(method: DescMethodUnary): number {
  return byPattern.get(rpcPattern(method)) ?? usualMs;
}
