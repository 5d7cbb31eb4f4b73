import type { tenantV1 } from '@tollkeeper/contracts';
import { derivedId, fromCanonicalBytes, Problem } from '@tollkeeper/kernel';
import { allows, isScope, type Role, roles, roleScopes, type Scope } from '@tollkeeper/tenancy';
import { chainName, notFound, referred } from '../shell/chains.js';
import { oneOf, refuse, requiredText } from '../shell/check.js';
import type { TenantContext } from '../shell/tenant-context.js';
import type { TenantMode, TenantState } from '../tenants/tenant.js';
import { type ApiKeyState, operatorTenant, toApiKey } from './api-key.js';
import { deriveSecret, secretHash } from './secrets.js';

const hintLength = 12;

/** A new key, with its secret: shown in this answer, and again only to the same request. */
export async function createApiKey(context: TenantContext, request: tenantV1.CreateApiKeyRequest): Promise<tenantV1.ApiKey> {
  const tenantId = request.tenantId === '' ? operatorTenant : request.tenantId;
  const tenant = await context.writer.state<TenantState>(`tenant/${tenantId}`);
  if (!tenant && tenantId !== operatorTenant) throw notFound('tenant', tenantId);
  const { name = '', role = '', scopes = [], customerId = '', partnerId = '' } = request.apiKey ?? {};
  const grantedRole = roleIn(tenantId, role);
  const mode: TenantMode = tenant?.mode ?? 'live';
  const id = derivedId('apiKey', tenantId, request.cause);
  const secret = keyText(context.options.installationSecret, mode, tenantId, id);
  const wanted: ApiKeyState = {
    keyId: id,
    tenantId,
    name: requiredText(name, 'name'),
    role: grantedRole,
    scopes: grantedScopes(grantedRole, scopes),
    mode,
    keyHash: secretHash(secret),
    hint: secret.slice(0, hintLength),
    ...(await boundTo(context, tenantId, grantedRole, customerId, partnerId)),
    createdAt: context.ports.clock.now(),
  };
  const { entry } = await context.writer.execute<ApiKeyState>({
    chain: chainName('key', tenantId, id),
    cause: request.cause,
    now: wanted.createdAt,
    decide: (present) => (present ? undefined : { kind: 'created', body: wanted, state: wanted }),
  });
  const made = entry ? fromCanonicalBytes<ApiKeyState>(entry.state) : wanted;
  if (made.keyHash !== wanted.keyHash) {
    throw new Problem(
      'conflict',
      'This key was made before the installation’s secret changed, so it cannot be shown again; revoke it and create another.',
    );
  }
  return toApiKey(made, secret);
}

/** `tk_live_` or `tk_test_` and 256 bits in base64url. */
export function keyText(installationSecret: Uint8Array, mode: TenantMode, tenantId: string, id: string): string {
  const prefix = mode === 'live' ? 'tk_live_' : 'tk_test_';
  return prefix + deriveSecret(installationSecret, 'api-key', tenantId, id).toString('base64url');
}

function roleIn(tenantId: string, text: string): Role {
  const role = oneOf(text, roles, 'role');
  if (tenantId === operatorTenant && role !== 'operator')
    refuse('role', 'A key without a tenant has the role operator; name a tenant for any other role.');
  if (tenantId !== operatorTenant && role === 'operator')
    refuse('role', 'A key of a tenant cannot have the role operator; choose admin or less.');
  return role;
}

/** The role's scopes, or fewer when the request names some. */
function grantedScopes(role: Role, wanted: readonly string[]): readonly Scope[] {
  const whole = roleScopes[role];
  if (wanted.length === 0) return whole;
  return [...new Set(wanted)].map((scope, i) => {
    if (!isScope(scope)) refuse(`scopes[${i}]`, `“${scope.slice(0, 40)}” is not a scope.`);
    if (!allows(whole, scope))
      refuse(`scopes[${i}]`, `The role ${role} does not include ${scope}; choose another role, or leave the scope out.`);
    return scope;
  });
}

async function boundTo(context: TenantContext, tenantId: string, role: Role, customerId: string, partnerId: string) {
  if (role === 'customer') {
    await referred(context, 'customer-record', tenantId, customerId, { what: 'customer', param: 'customer_id' });
    return { customerId };
  }
  if (role === 'partner') {
    await referred(context, 'partner-record', tenantId, partnerId, { what: 'partner', param: 'partner_id' });
    return { partnerId };
  }
  if (customerId !== '') refuse('customer_id', 'Only a key of the role customer is bound to a customer; leave customer_id out.');
  if (partnerId !== '') refuse('partner_id', 'Only a key of the role partner is bound to a partner; leave partner_id out.');
  return {};
}
