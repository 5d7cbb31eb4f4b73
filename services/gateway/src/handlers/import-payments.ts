import { create } from '@bufbuild/protobuf';
import { receivablesV1 } from '@tollkeeper/contracts';
import { toRfc3339 } from '@tollkeeper/kernel';
import type { Answer, Call } from '../http/route.js';
import { toPublicJson } from '../messages/message-json.mapping.js';

const { importPayments: method } = receivablesV1.ReceivablesService.method;

/** POST /v1/payments/import: the bank's file as it is; the service finds out its format. */
export async function importPayments(call: Call): Promise<Answer> {
  const request = create(method.input, {
    tenantId: call.tenantId,
    cause: call.cause,
    fileName: String(call.query['name'] ?? ''),
    content: call.body instanceof Uint8Array ? new Uint8Array(call.body) : new Uint8Array(0),
    now: toRfc3339(call.ports.clocks.now(call.tenantId)),
  });
  return { body: toPublicJson(method.output, await call.ports.client.call(method, request)) };
}
