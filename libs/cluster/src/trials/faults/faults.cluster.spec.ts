import { afterAll, beforeAll, describe, it } from '@jest/globals';
import { patiently } from '@tollkeeper/testing';
import { type ClusterUnderTest, startCluster } from '../cluster.fixture.js';
import { allReady, underFault, unready } from './under-fault.fixture.js';
import { bookedUpTo, usageStored } from './usage-stream.fixture.js';

let cluster: ClusterUnderTest;

/** Short, so that what a killed process held comes again while one looks. */
const env = { TOLLKEEPER_ACK_WAIT_MS: '5000', TOLLKEEPER_PAGE_MS: '200' };

beforeAll(async () => {
  cluster = await startCluster({ gateway: 2, ingestion: 2, rating: 2 }, { ratingLines: true, env });
}, 300_000);

afterAll(() => cluster?.close(), 120_000);

describe('nothing is lost or doubled', () => {
  it('when a process of rating stands still until others have its work, and then goes on with it', async () => {
    await underFault(cluster, 'SIGSTOP of rating (the zombie)', async (load) => {
      const [zombie] = cluster.of('rating');
      zombie?.signal('SIGSTOP');
      try {
        // Whatever it held is delivered to the other one and booked there: only then does it wake up.
        await load.more(400);
        const stored = await usageStored(cluster);
        const isBooked = async () => (await bookedUpTo(cluster)) >= stored;
        await patiently(isBooked, { timeoutMs: 60_000, pollMs: 500, otherwise: 'the other process did not take over' });
      } finally {
        zombie?.signal('SIGCONT');
      }
    });
  });

  it('when the network between rating and the store is cut, and swallows what is sent', async () => {
    const { store } = cluster.ratingLines();
    await underFault(cluster, 'network between rating and the store', async (load) => {
      for (const harm of [store.cut, store.swallow]) {
        await harm();
        await load.more(300);
        await unready(cluster, 'rating', 'mongodb');
        await store.mend();
        await load.more(100);
      }
      await allReady(cluster);
    });
  });

  it('and everything is ready at the end', async () => {
    await allReady(cluster);
  });
});
