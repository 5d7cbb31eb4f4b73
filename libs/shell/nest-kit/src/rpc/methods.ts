import type { DescMethodUnary } from '@bufbuild/protobuf';
import { commissionsV1, ingestionV1, invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { rpcPattern } from './rpc.js';

const services = [
  tenantV1.TenantService, ratingV1.RatingService, ingestionV1.IngestionService,
  invoicingV1.InvoicingService, receivablesV1.ReceivablesService, commissionsV1.CommissionsService,
] as const;

const methods = new Map<string, DescMethodUnary>(
  services.flatMap((service) => (service.methods as readonly DescMethodUnary[]).map((method) => [rpcPattern(method), method] as const)),
);

/** The proto method that is asked under a pattern: a transport between processes learns from it how messages are written. */
export function methodOf(pattern: string): DescMethodUnary | undefined {
  return methods.get(pattern);
}
