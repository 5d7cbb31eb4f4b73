import { actorHostSuite, busSuite, chainStoreSuite, viewStoreSuite } from '@tollkeeper/testing';
import type { SimProcess } from '../world/process.js';
import { SimWorld, type WorldOptions } from '../world/world.js';
import { SimActorHost } from './sim-actor-host.js';
import { SimBus } from './sim-bus.js';
import { SimChainStore } from './sim-chain-store.js';
import { SimViewStore } from './sim-view-store.js';

/** A world without faults whose clock is the machine's, as the suites expect. */
function realTimeWorld(options: WorldOptions = {}): SimWorld {
  const world = new SimWorld(1, { isInstant: true, ackWaitMs: Number.POSITIVE_INFINITY, ...options });
  const { scheduler } = world;
  const begun = performance.now();
  let isGoing = false;
  const go = async (): Promise<void> => {
    if (isGoing) return;
    isGoing = true;
    for (let at = scheduler.nextAt; at !== undefined; at = scheduler.nextAt) {
      const elapsed = performance.now() - begun;
      if (at > elapsed) {
        await new Promise((resolve) => setTimeout(resolve, 1));
        continue;
      }
      scheduler.now = elapsed;
      await scheduler.next();
    }
    isGoing = false;
  };
  scheduler.onPlanned = () => void go();
  return world;
}

/** A storage whose handles are processes of one world. */
function storage<S extends { close(): Promise<void> }>(world: SimWorld, open: (process: SimProcess) => S) {
  let current: SimProcess | undefined;
  return {
    open: () => Promise.resolve(open((current = world.start('test')))),
    crash: () => {
      if (current) world.crash(current, 'by the test');
      return Promise.resolve();
    },
    dispose: () => Promise.resolve(),
  };
}

chainStoreSuite('simulated', () => {
  const world = realTimeWorld();
  return Promise.resolve(storage(world, (process) => new SimChainStore(process, world.chains)));
});

viewStoreSuite('simulated', () => {
  const world = realTimeWorld();
  return Promise.resolve(storage(world, (process) => new SimViewStore(process, world.views)));
});

busSuite('simulated', ({ maxBacklogBytes }) => {
  const world = realTimeWorld({ maxBacklogBytes });
  return Promise.resolve(storage(world, (process) => new SimBus(process, world.bus)));
});

actorHostSuite('simulated', () => {
  const world = realTimeWorld();
  const host = new SimActorHost(world.start('test'), world.actors);
  return Promise.resolve({ host, dispose: () => host.close() });
});
