import type { tenantV1 } from '@tollkeeper/contracts';
import { fromCanonicalBytes } from '@tollkeeper/kernel';
import { chainName, notFound, stateOf } from '../shell/chains.js';
import type { TenantContext } from '../shell/tenant-context.js';
import { type ApiKeyState, operatorTenant, toApiKey } from './api-key.js';

/** From the answer on, the key opens nothing. Revoking it again changes nothing. */
export async function revokeApiKey(context: TenantContext, request: tenantV1.RevokeApiKeyRequest): Promise<tenantV1.ApiKey> {
  const tenantId = request.tenantId === '' ? operatorTenant : request.tenantId;
  const before = await stateOf<ApiKeyState>(context, 'key', tenantId, request.id, 'API key');
  const now = context.ports.clock.now();
  const { entry } = await context.writer.execute<ApiKeyState>({
    chain: chainName('key', tenantId, request.id),
    cause: request.cause,
    now,
    decide: (key) => {
      if (!key) throw notFound('API key', request.id);
      if (key.revokedAt !== undefined) return undefined;
      return { kind: 'revoked', body: { keyId: key.keyId }, state: { ...key, revokedAt: now } };
    },
  });
  return toApiKey(entry ? fromCanonicalBytes<ApiKeyState>(entry.state) : before);
}
