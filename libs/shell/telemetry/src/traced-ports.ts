import { isTracing } from '@tollkeeper/nest-kit';
import type { ActorHost, Bus, ChainStore } from '@tollkeeper/ports';
import { TracedActorHost } from './traced-actor-host.js';
import { TracedBus } from './traced-bus.js';
import { TracedChainStore } from './traced-chain-store.js';

export interface TracedPorts {
  readonly bus: Bus;
  readonly actors: ActorHost;
  readonly chains: ChainStore;
}

/** What the engines are called in spans. */
export interface EngineNames {
  /** `messaging.system`: `nats`, or `tollkeeper` for the log of one machine. */
  readonly bus: string;
  /** `db.system.name`: `mongodb`, or `leveldb`. */
  readonly chains: string;
}

/** The ports with spans around what crosses them; the ports themselves while telemetry is off. */
export function tracedPorts<P extends TracedPorts>(ports: P, names: EngineNames): P {
  if (!isTracing()) return ports;
  const { bus, actors, chains } = ports;
  return { ...ports, bus: new TracedBus(bus, names.bus), actors: new TracedActorHost(actors), chains: new TracedChainStore(chains, names.chains) };
}
