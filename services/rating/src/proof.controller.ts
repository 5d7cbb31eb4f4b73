import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { verifyChains, type VerifiedChains } from '@tollkeeper/chain-kit';
import { ratingV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { RatingCore } from './rating.core.js';
import { verifyRerating } from './usecases/verify-rerating.js';

const { method } = ratingV1.RatingService;

const defaultLimit = 100;
/** Kinds of chains of this service, in the order in which they are verified. */
const kinds = ['catalogue', 'device'] as const;

/** Proves the books: the chains are what was written, and pricing them again gives the same. */
@Controller()
export class ProofController {
  constructor(@Inject(RatingCore) private readonly core: RatingCore) {}

  @Rpc(method.verifyChains)
  async verifyChains(@Payload() request: ratingV1.VerifyRequest): Promise<ratingV1.VerifyReply> {
    const { tenantId, cursor, prefix } = request;
    const limit = request.limit || defaultLimit;
    const seen: VerifiedChains[] = [];
    let left = limit;
    for (const kind of kinds) {
      // Every tenant has one catalogue, so the name of its chain ends with the tenant's id.
      const start = tenantId === '' ? `${kind}/` : kind === 'device' ? `${kind}/${tenantId}/` : `${kind}/${tenantId}`;
      if (prefix !== '' && !start.startsWith(prefix) && !prefix.startsWith(start)) continue;
      if (cursor > `${kind}0` || left === 0) continue;
      const verified = await verifyChains(this.core.ports.chains, prefix.length > start.length ? prefix : start, cursor.startsWith(`${kind}/`) ? cursor : '', left);
      seen.push(verified);
      left -= verified.chains;
    }
    return create(ratingV1.VerifyReplySchema, {
      chains: seen.reduce((sum, { chains }) => sum + chains, 0),
      entries: seen.reduce((sum, { entries }) => sum + entries, 0),
      faults: seen.flatMap(({ faults }) => [...faults]),
      nextCursor: seen.at(-1)?.next ?? '',
    });
  }

  @Rpc(method.verifyRerating)
  async verifyRerating(@Payload() { tenantId, cursor, limit }: ratingV1.VerifyRequest): Promise<ratingV1.RerateReply> {
    const ports = { chains: this.core.ports.chains, catalogues: this.core.catalogues, lateWindowMs: this.core.lateWindowMs };
    const { faults, next, ...counts } = await verifyRerating(ports, tenantId, cursor, limit || defaultLimit);
    return create(ratingV1.RerateReplySchema, { ...counts, faults: [...faults], nextCursor: next ?? '' });
  }
}
