import { afterAll, beforeAll } from '@jest/globals';
import { actorHostSuite } from '@tollkeeper/testing';
import { type DaprUnderTest, replicaOf, startDapr, twoReplicas } from './dapr-replicas.fixture.js';
import { knowingEachOther } from './text-actors.fixture.js';

const actorTypes = ['tested', 'other'];
const shards = 64;

let dapr: DaprUnderTest;
let ports: number[];

beforeAll(async () => {
  dapr = await startDapr();
  const first = [replicaOf(0), replicaOf(0)];
  ports = await Promise.all(first.map((host) => host.listen(0, { actorTypes })));
  await Promise.all(ports.map((port) => dapr.join(port)));
  await Promise.all(dapr.sidecars.map((sidecar) => sidecar.untilActorsRun()));
  await Promise.all(first.map((host) => host.close()));
});

afterAll(() => dapr?.close());

actorHostSuite('over two sidecars of Dapr', async () => {
  const [left, right] = dapr.sidecars.map(({ httpPort }) => replicaOf(httpPort, { shards }));
  if (!left || !right) throw new Error('there are two sidecars');
  for (const [n, host] of [left, right].entries()) await host.listen(ports[n] ?? 0, { actorTypes });
  await Promise.all(dapr.sidecars.map((sidecar) => sidecar.untilActorsRun()));
  await knowingEachOther([left, right], shards);
  const host = twoReplicas(left, right);
  return { host, dispose: () => host.close() };
});
