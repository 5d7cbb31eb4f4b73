import { JetStreamBus } from '@tollkeeper/bus-jetstream';
import { MongoChainStore } from '@tollkeeper/chain-store-mongo';
import type { ChainStore } from '@tollkeeper/ports';
import { MongoViewStore } from '@tollkeeper/view-store-mongo';
import type { ClusterSettings } from '../settings/settings.js';
import { consumerGroups } from './consumer-groups.js';
import { machineClock, machineTimers } from './machine.js';
import { natsOptions } from './connect-nats.js';
import { openActors, type ProcessActors } from './open-actors.js';
import { WatchedBus } from './watched-bus.js';

/** The engines below the ports, connected. */
export interface Engines {
  readonly chains: ChainStore;
  readonly views: MongoViewStore;
  readonly bus: WatchedBus;
  readonly actors: ProcessActors;
  /** Why the bus can do nothing now. */
  readonly busTrouble: () => string | undefined;
  close(): Promise<void>;
}

const bytesPerMib = 1 << 20;

async function openBus(settings: ClusterSettings, name: string, onFault: (fault: unknown) => void): Promise<JetStreamBus> {
  const { servers, ...connection } = natsOptions(settings.natsServers);
  const { streamReplicas: replicas, ackWaitMs, backlogMib } = settings;
  const options = { servers, connection, name: `tollkeeper-${name}/bus`, replicas, ackWaitMs, maxBacklogBytes: backlogMib * bytesPerMib };
  const bus = await JetStreamBus.open({ ...options, timers: machineTimers, onFault });
  try {
    for (const { topic, groups } of consumerGroups(settings.usagePartitions)) await bus.prepare(topic, groups);
    return bus;
  } catch (error) {
    await bus.close();
    throw error;
  }
}

type Opened = { close(): Promise<void> };

/**
 * Connects all engines, or none. `answerTimeoutMs` is for who builds indexes, which may take long.
 * @throws StoreUnavailable and the like, when one cannot be reached
 */
export async function openEngines(settings: ClusterSettings, name: string, onFault: (fault: unknown) => void, answerTimeoutMs?: number): Promise<Engines> {
  const opened: Opened[] = [];
  const keep = <T extends Opened>(engine: T): T => {
    opened.unshift(engine);
    return engine;
  };
  const closeAll = async (): Promise<void> => {
    for (const engine of opened.splice(0)) await engine.close().catch(onFault);
  };
  const mongodb = { url: settings.mongodbUrl, database: settings.mongodbDatabase, appName: `tollkeeper-${name}`, ...(answerTimeoutMs === undefined ? {} : { answerTimeoutMs }) };
  try {
    const chains = keep(await MongoChainStore.open(mongodb));
    const views = keep(await MongoViewStore.open(mongodb));
    const jetStream = keep(await openBus(settings, name, onFault));
    const bus = new WatchedBus(jetStream, machineClock);
    const actors = keep(openActors(settings));
    return { chains, views, bus, actors, busTrouble: () => jetStream.trouble, close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}
