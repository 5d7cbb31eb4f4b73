import { create } from '@bufbuild/protobuf';
import { ingestionV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { withTrace } from '@tollkeeper/nest-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { toPublicJson } from '../messages/message-json.mapping.js';
import type { Engine } from './engine.js';
import { pathPart } from './validate.js';

const nothing = new Uint8Array(0);
const { acceptUsage: method } = ingestionV1.IngestionService.method;

/**
 * POST /v1/usage: the busiest address. The body goes to ingestion as it came, unread; events carry their own identity, so
 * nothing is kept for idempotency.
 */
export function acceptUsage({ ports }: Engine): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  return async (request, reply) => {
    const { tenantId } = request.principal ?? create(tenantV1.PrincipalSchema);
    const { headers, body } = request;
    const message = create(ingestionV1.AcceptUsageRequestSchema);
    message.tenantId = tenantId;
    message.cause = request.id;
    message.contentType = headers['content-type'] ?? '';
    message.contentEncoding = headers['content-encoding'] ?? '';
    message.mapping = mappingOf(request.query);
    message.body = body instanceof Uint8Array ? (body as Uint8Array<ArrayBuffer>) : nothing;
    message.nowMs = ports.clocks.now(tenantId);
    const receipt = await withTrace(request.trace ?? undefined, () => ports.client.call(method, message));
    return reply
      .code(202)
      .header('location', `/v1/receipts/${receipt.id}`)
      .header('content-type', 'application/json')
      .send(JSON.stringify(toPublicJson(ingestionV1.ReceiptSchema, receipt)));
  };
}

/** `?mapping=code`, the only parameter that usage takes. */
function mappingOf(query: unknown): string {
  if (typeof query !== 'object' || query === null) return '';
  for (const [name, value] of Object.entries(query)) {
    if (name !== 'mapping') throw new Problem('invalid_request', `${name} is not a parameter of this address; it takes mapping.`, { param: name });
    if (typeof value === 'string' && pathPart.test(value)) return value;
    throw new Problem('invalid_request', 'mapping: write the code of one mapping.', { param: name });
  }
  return '';
}
