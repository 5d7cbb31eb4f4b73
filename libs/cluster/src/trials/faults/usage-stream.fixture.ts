import { type ConsumerInfo, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connectNats } from '../../process/connect-nats.js';
import type { ClusterUnderTest } from '../cluster.fixture.js';

const stream = 'tollkeeper-usage';

/** As an operator looks into the log of usage. */
async function looking<T>({ natsServers }: ClusterUnderTest, work: (manager: JetStreamManager) => Promise<T>): Promise<T> {
  const connection = await connectNats(natsServers.map(({ address }) => address), 'fault-trial');
  try {
    return await work(await jetstreamManager(connection));
  } finally {
    await connection.close();
  }
}

async function consumersOf(manager: JetStreamManager): Promise<readonly ConsumerInfo[]> {
  const found: ConsumerInfo[] = [];
  for await (const consumer of manager.consumers.list(stream)) found.push(consumer);
  return found;
}

/** The number of a message: all that were stored up to it are acknowledged. While usage comes for every partition it grows. */
export function bookedUpTo(cluster: ClusterUnderTest): Promise<number> {
  return looking(cluster, async (manager) => {
    const consumers = await consumersOf(manager);
    return consumers.length === 0 ? 0 : Math.min(...consumers.map(({ ack_floor }) => ack_floor.stream_seq));
  });
}

/** The number of the last message that was ever stored. */
export function usageStored(cluster: ClusterUnderTest): Promise<number> {
  return looking(cluster, async (manager) => (await manager.streams.info(stream)).state.last_seq);
}
