import { create } from '@bufbuild/protobuf';
import { verifyChains } from '@tollkeeper/chain-kit';
import { ratingV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';

/** The kinds of chains that this service owns, in the order of their names. */
const ownedKinds = ['file/', 'intake/', 'mapping/', 'quarantine/'] as const;

const defaultLimit = 100;

/**
 * Proves chains of this service, kind by kind. The cursor is the name of the last chain proven; an empty tenant means every
 * tenant.
 */
export async function verifyIngestionChains(store: ChainStore, request: ratingV1.VerifyRequest): Promise<ratingV1.VerifyReply> {
  const { tenantId, cursor, prefix } = request;
  const kinds = ownedKinds.filter((kind) => prefix === '' || kind.startsWith(prefix) || prefix.startsWith(kind));
  if (kinds.length === 0)
    throw new Problem('invalid_request', `The prefix ${prefix.slice(0, 64)} names no chains of ingestion.`, { param: 'prefix' });
  let left = request.limit === 0 ? defaultLimit : request.limit;
  let [chains, entries, next] = [0, 0, ''];
  const faults: { chain: string; n: number; what: string; detail: string }[] = [];
  for (const kind of kinds) {
    if (kind < cursor.slice(0, cursor.indexOf('/') + 1)) continue;
    const wanted = tenantId === '' ? kind : `${kind}${tenantId}/`;
    const found = await verifyChains(
      store,
      wanted.length > prefix.length ? wanted : prefix,
      cursor.startsWith(kind) ? cursor : '',
      left,
    );
    chains += found.chains;
    entries += found.entries;
    faults.push(...found.faults.map((fault) => ({ ...fault })));
    left -= found.chains;
    next = found.next ?? '';
    if (next !== '' || left <= 0) break;
  }
  return create(ratingV1.VerifyReplySchema, { chains, entries, faults, nextCursor: next });
}
