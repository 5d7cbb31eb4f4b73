/**
 * The thread in which rating runs: pricing and booking take as much of a processor as taking usage in does, so that on two
 * processors both go at once. Rating has its own stores; the bus and the requests cross to the main thread.
 */
import 'reflect-metadata';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { NestFactory } from '@nestjs/core';
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import { ThreadBus } from '@tollkeeper/bus-thread';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { InProcessClient, InProcessServer, ServiceClient, TenantClocks } from '@tollkeeper/nest-kit';
import { RatingModule } from '@tollkeeper/rating-service';
import { startTelemetry, tracedPorts } from '@tollkeeper/telemetry';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { machineClock, machineRandomness, machineTimers } from '../machine.js';
import { engineNames, levelsDownTo, usagePartitions } from '../settings.js';
import { isForRating, type RatingThreadData, type ThreadNotice, wires } from './rating-thread.contract.js';
import { RoutedClient, serveRequests, ThreadClient } from './thread-requests.js';
import { type ThreadPort, ThreadWires } from './thread-wires.js';
import { followClocks } from './told-clocks.js';

/** Usage is written once and rarely read soon: sorting it into tables in large pieces halves what goes to the disk. */
const chainWriteBufferBytes = 64 << 20;

async function start(crossing: ThreadWires, { folder, pageMs, logLevel }: RatingThreadData): Promise<() => Promise<void>> {
  const telemetry = await startTelemetry({ service: 'tollkeeper-rating', instance: `${process.pid}/rating` }, process.env);
  const clocks = new TenantClocks(machineClock);
  followClocks(crossing.wire(wires.clocks), clocks);
  await mkdir(folder, { recursive: true });
  const chains = await LevelChainStore.open({ folder: join(folder, 'chains'), writeBufferBytes: chainWriteBufferBytes });
  const views = await LevelViewStore.open({ folder: join(folder, 'views') });
  const bus = new ThreadBus(crossing.wire(wires.bus));
  const actors = new LocalActorHost();
  const server = new InProcessServer();
  const here = new InProcessClient(server);
  const main = new ThreadClient(crossing.wire(wires.toMain));
  const client = new ServiceClient(new RoutedClient((pattern) => (isForRating(pattern) ? here : main)));
  const ports = { ...tracedPorts({ chains, views, bus, actors }, engineNames), client, clocks, clock: machineClock, timers: machineTimers, randomness: machineRandomness };
  const app = await NestFactory.createMicroservice(RatingModule.forRoot(ports, { usagePartitions, pageMs }), {
    strategy: server,
    logger: levelsDownTo(logLevel),
    abortOnError: false,
  });
  await app.listen();
  serveRequests(crossing.wire(wires.toRating), server);
  return async () => {
    await app.close();
    await actors.close();
    await bus.close();
    await views.close();
    await chains.close();
    await telemetry.close();
  };
}

async function run(crossing: ThreadWires, data: RatingThreadData): Promise<void> {
  const control = crossing.wire(wires.control);
  const tell = (notice: ThreadNotice) => control.send(notice);
  const failed = (error: unknown) => {
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
    tell({ kind: 'failed', name, message, stack, code });
  };
  try {
    const close = await start(crossing, data);
    tell({ kind: 'ready' });
    // Only one thing is ever said to the thread here: come to an end.
    control.listen(() => void close().then(() => tell({ kind: 'closed' }), failed));
  } catch (error) {
    failed(error);
  }
}

if (!parentPort) throw new Error('rating-thread.js is started by the platform, not by itself');
void run(new ThreadWires(parentPort as ThreadPort), workerData as RatingThreadData);
