import { tenantV1 } from '@tollkeeper/contracts';
import type { Answer, Call } from '../http/route.js';
import { toPublicJson } from '../messages/message-json.mapping.js';

export function whoAmI(call: Call): Promise<Answer> {
  return Promise.resolve({ body: toPublicJson(tenantV1.PrincipalSchema, call.principal) });
}
