import type { DescMessage, DescMethodUnary } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import type { Answer, Call } from '../http/route.js';
import { asMembers } from '../http/validate.js';
import { toPublicJson } from '../messages/message-json.mapping.js';

const { getClock, advanceClock } = tenantV1.TenantService.method;

/** GET /v1/clock. */
export function readClock(call: Call): Promise<Answer> {
  return askClock(call, getClock);
}

/** POST /v1/clock/advance: answered when everything that became due on the way is done. */
export function advanceTestClock(call: Call): Promise<Answer> {
  return askClock(call, advanceClock);
}

async function askClock<I extends DescMessage, O extends DescMessage>(call: Call, method: DescMethodUnary<I, O>): Promise<Answer> {
  if (call.principal.mode !== 'sandbox') {
    throw new Problem('conflict', 'Only a sandbox tenant has a test clock; a live tenant goes by the time of the world.');
  }
  return { body: toPublicJson(method.output, await call.ask(method, asMembers(call.body))) };
}
