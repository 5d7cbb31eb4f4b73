import { create } from '@bufbuild/protobuf';
import { ratingV1 } from '@tollkeeper/contracts';
import { type Instant, toRfc3339 } from '@tollkeeper/kernel';
import type { ActorHost } from '@tollkeeper/ports';
import type { Block } from '../actors/account-state.js';
import { actorId, type BlockOutput, type SetBlockInput, setBlockContract } from '../actors/device-account.contract.js';

/** Blocks or unblocks a device; a device that stands so already is left as it is. */
export function setBlock(actors: ActorHost, input: SetBlockInput): Promise<BlockOutput> {
  return actors.call(setBlockContract, actorId(input.tenantId, input.device), input);
}

/** May the device be used? Only a block says no. */
export function toEntitlement(device: string, block: Block | undefined, openedAt: Instant): ratingV1.Entitlement {
  return create(ratingV1.EntitlementSchema, {
    device,
    entitled: block === undefined,
    status: block ? 'blocked' : 'active',
    reason: block?.reason ?? '',
    since: toRfc3339(block?.since ?? openedAt),
  });
}
