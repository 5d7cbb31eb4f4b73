import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { patiently } from '@tollkeeper/testing';
import { serviceNames } from '../../settings/settings.js';
import { type ClusterUnderTest, startCluster } from '../cluster.fixture.js';
import { underFault } from './under-fault.fixture.js';

let cluster: ClusterUnderTest;

/** Short, so that what a killed process held comes again while one looks. */
const env = { TOLLKEEPER_ACK_WAIT_MS: '5000', TOLLKEEPER_PAGE_MS: '200' };

beforeAll(async () => {
  cluster = await startCluster({ gateway: 2, ingestion: 2, rating: 2 }, { ratingLines: true, env });
}, 300_000);

afterAll(() => cluster?.close(), 120_000);

describe('nothing is lost or doubled', () => {
  // Of those with two processes one goes on; of the others there is none for a while.
  it.each(serviceNames)('when a process of %s is killed', async (service) => {
    await underFault(cluster, `SIGKILL of ${service}`, async () => {
      const [one] = cluster.of(service);
      expect(await one?.kill()).toBe('SIGKILL');
      if (one) await cluster.replace(one);
    });
  });

  it('when the broker is killed', async () => {
    await underFault(cluster, 'SIGKILL of nats-server', async () => {
      await cluster.nats.kill();
      await cluster.nats.restart();
    });
  });

  it('when the store is killed', async () => {
    await underFault(cluster, 'SIGKILL of the store', async (load) => {
      await cluster.mongo.kill();
      const { turnedAway } = load;
      await patiently(() => load.turnedAway > turnedAway, { otherwise: 'nobody noticed that the store is away' });
      await cluster.mongo.restart();
    });
  });
});
