import type { JsonObject } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { isRole, isScope, mayGrant, roleScopes, type Scope } from '@tollkeeper/tenancy';
import type { Answer, Call } from '../http/route.js';
import { asMembers } from '../http/validate.js';
import { toPublicJson } from '../messages/message-json.mapping.js';
import { scopesOf } from '../security/authorize.js';

/** A key of the caller's own tenant, with no more scopes than the caller has. */
export async function createOwnKey(call: Call): Promise<Answer> {
  const wanted = wantedScopes(asMembers(call.body));
  if (!mayGrant(scopesOf(call.principal), wanted)) {
    throw new Problem('forbidden', 'The new key would have scopes that this one lacks; leave them out, or use a key that has them.', { param: 'scopes' });
  }
  return created(call, call.tenantId);
}

/** A key of the tenant that the path names: only the operator of the installation comes here. */
export async function createTenantKey(call: Call): Promise<Answer> {
  if (wantedScopes(asMembers(call.body)).includes('platform')) {
    throw new Problem('forbidden', 'A key of a tenant never has the scope platform; leave it out.', { param: 'scopes' });
  }
  return created(call, call.params['tenant_id'] ?? '');
}

async function created(call: Call, tenantId: string): Promise<Answer> {
  const { createApiKey } = tenantV1.TenantService.method;
  const key = await call.ask(createApiKey, { api_key: asMembers(call.body) }, tenantId);
  return { body: toPublicJson(createApiKey.output, key) };
}

function wantedScopes({ scopes, role }: JsonObject): readonly Scope[] {
  if (Array.isArray(scopes)) return scopes.filter((scope) => typeof scope === 'string').filter(isScope);
  return typeof role === 'string' && isRole(role) ? roleScopes[role] : [];
}
