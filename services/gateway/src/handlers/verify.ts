import type { DescMessage, DescMethodUnary, JsonObject, MessageShape } from '@bufbuild/protobuf';
import { verifyChains } from '@tollkeeper/chain-kit';
import { commissionsV1, ingestionV1, invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import type { Answer, Call } from '../http/route.js';

type Faults = MessageShape<typeof ratingV1.VerifyReplySchema>['faults'][number];

interface Page {
  readonly chains: number;
  readonly entries: number;
  readonly faults: readonly Pick<Faults, 'chain' | 'n' | 'what' | 'detail'>[];
  readonly nextCursor: string;
}

type VerifyMethod = DescMethodUnary<DescMessage, typeof ratingV1.VerifyReplySchema | typeof tenantV1.VerifyChainsReplySchema>;

/** Whose chains are proven, in this order; the names stand in cursors. */
const services: readonly (readonly [string, VerifyMethod | undefined])[] = [
  ['tenant', tenantV1.TenantService.method.verifyChains],
  ['ingestion', ingestionV1.IngestionService.method.verifyChains],
  ['rating', ratingV1.RatingService.method.verifyChains],
  ['invoicing', invoicingV1.InvoicingService.method.verifyChains],
  ['receivables', receivablesV1.ReceivablesService.method.verifyChains],
  ['commissions', commissionsV1.CommissionsService.method.verifyChains],
  ['gateway', undefined],
];

/**
 * GET /v1/chains/verify: one page of the proof of every chain. Each service proves its own; the cursor says which service
 * is next and where it goes on, so that a run over millions of chains is a row of short requests.
 */
export async function verifyAllChains(call: Call): Promise<Answer> {
  const limit = Number(call.query['limit']);
  let at = readCursor(call.query['cursor']);
  const total = { chains: 0, entries: 0, faults: [] as JsonObject[] };
  while (at && total.chains < limit) {
    const page: Page = await verifyPage(call, at, limit - total.chains);
    total.chains += page.chains;
    total.entries += page.entries;
    total.faults.push(...page.faults.map(({ chain, n, what, detail }) => ({ chain, n, what, detail })));
    at = page.nextCursor === '' ? nextService(at.service) : { service: at.service, cursor: page.nextCursor };
  }
  return { body: { ...total, ...(at ? { next_cursor: writeCursor(at) } : {}) } };
}

interface Position {
  readonly service: string;
  readonly cursor: string;
}

function nextService(service: string): Position | undefined {
  const next = services[services.findIndex(([name]) => name === service) + 1];
  return next && { service: next[0], cursor: '' };
}

async function verifyPage(call: Call, { service, cursor }: Position, limit: number): Promise<Page> {
  const method = services.find(([name]) => name === service)?.[1];
  if (method) return call.ask(method, { cursor, limit });
  const prefix = call.tenantId === '' ? 'idempotency/' : `idempotency/${call.tenantId}/`;
  const own = await verifyChains(call.ports.chains, prefix, cursor, limit);
  return { ...own, nextCursor: own.next ?? '' };
}

function writeCursor({ service, cursor }: Position): string {
  return Buffer.from(`${service}:${cursor}`).toString('base64url');
}

/** @throws Problem `invalid_request` for a cursor that this address did not give out */
function readCursor(cursor: unknown): Position | undefined {
  if (typeof cursor !== 'string') return { service: services[0]?.[0] ?? '', cursor: '' };
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  const [service = ''] = text.split(':', 1);
  if (services.some(([name]) => name === service) && text.length > service.length) return { service, cursor: text.slice(service.length + 1) };
  throw new Problem('invalid_request', 'cursor: take the next_cursor of the page before, as it is.', { param: 'cursor' });
}
