import { create } from '@bufbuild/protobuf';
import { verifyChains } from '@tollkeeper/chain-kit';
import { tenantV1 } from '@tollkeeper/contracts';
import { chainKinds } from './chains.js';
import type { TenantContext } from './tenant-context.js';

const chainsPerCall = 200;

/** Proves the next chains of this service behind the cursor: of one tenant, or, without a tenant, of all. */
export async function verifyTenantChains(
  context: TenantContext,
  request: tenantV1.VerifyChainsRequest,
): Promise<tenantV1.VerifyChainsReply> {
  const left = prefixesOf(request.tenantId).filter((prefix) => prefix >= request.cursor || request.cursor.startsWith(prefix));
  const reply = create(tenantV1.VerifyChainsReplySchema);
  const limit = request.limit === 0 ? chainsPerCall : request.limit;
  for (const prefix of left) {
    const after = request.cursor.startsWith(prefix) ? request.cursor : '';
    const verified = await verifyChains(context.ports.chains, prefix, after, limit - reply.chains);
    reply.chains += verified.chains;
    reply.entries += verified.entries;
    reply.faults.push(...verified.faults.map((fault) => create(tenantV1.ChainFaultSchema, fault)));
    if (verified.next !== undefined) {
      reply.nextCursor = verified.next;
      break;
    }
  }
  return reply;
}

/** In the order of their names, so that a cursor says how far one is. The slug of a tenant is proven with all tenants only. */
function prefixesOf(tenantId: string): string[] {
  if (tenantId === '') return chainKinds.map((kind) => `${kind}/`).sort();
  return chainKinds
    .filter((kind) => kind !== 'tenant-slug')
    .map((kind) => (kind === 'tenant' ? `tenant/${tenantId}` : `${kind}/${tenantId}/`))
    .sort();
}
