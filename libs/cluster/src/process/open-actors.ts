import { LocalActorHost } from '@tollkeeper/actor-host-local';
import type { ActorHost } from '@tollkeeper/ports';
import type { ClusterSettings } from '../settings/settings.js';

/**
 * Where accounts are active. In this process: each replica activates the accounts that its partitions bring, and two
 * activations of one account are kept right by the append rule of its chain.
 */
export function openActors(_settings: ClusterSettings): Promise<ActorHost> {
  return Promise.resolve(new LocalActorHost());
}
