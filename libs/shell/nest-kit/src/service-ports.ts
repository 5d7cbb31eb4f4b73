import type { Clock, Randomness } from '@tollkeeper/kernel';
import type { ActorHost, Bus, ChainStore, Timers, ViewStore } from '@tollkeeper/ports';
import type { TenantClocks } from './clock/tenant-clocks.js';
import type { ServiceClient } from './rpc/rpc.js';

/** Everything that a service gets from its composition; `forRoot(ports)` of every service module takes it. */
export interface ServicePorts {
  readonly chains: ChainStore;
  readonly views: ViewStore;
  readonly bus: Bus;
  readonly actors: ActorHost;
  readonly timers: Timers;
  /** The machine's clock: for waiting and measuring. What is booked takes its time from `clocks`. */
  readonly clock: Clock;
  readonly clocks: TenantClocks;
  readonly randomness: Randomness;
  readonly client: ServiceClient;
}

/** Injection token of the service ports. */
export const SERVICE_PORTS = Symbol('ServicePorts');
