import { Worker } from 'node:worker_threads';
import type { ClientProxy } from '@nestjs/microservices';
import { serveBus, type Wire } from '@tollkeeper/bus-thread';
import { factsTopic, type InProcessServer, intakeTopic, usageTopic } from '@tollkeeper/nest-kit';
import type { Bus, Topic } from '@tollkeeper/ports';
import { usagePartitions } from '../settings.js';
import { type RatingThreadData, type ThreadNotice, wires } from './rating-thread.contract.js';
import { serveRequests, ThreadClient } from './thread-requests.js';
import { type ThreadPort, ThreadWires } from './thread-wires.js';

/** Rating in a thread of its own, seen from the main one. */
export interface RatingThread {
  /** For requests that rating answers. */
  readonly client: ClientProxy;
  /** Where changes of test clocks are told. */
  readonly clocks: Wire;
  /** Gives the thread the bus, and the services of this thread for its requests. Deliveries begin when `ready` resolves. */
  connect(bus: Bus, server: InProcessServer, ready: Promise<void>): void;
  /** Resolves when rating answers. @throws Error whatever kept it from starting, by name and message */
  started(): Promise<void>;
  /** Books what has been taken and closes rating's stores. */
  close(): Promise<void>;
}

/** Starts the thread. When it ends by itself, the process does: everything that was acknowledged is on the disk. */
export function startRatingThread(data: RatingThreadData): RatingThread {
  const worker = new Worker(new URL('./rating-thread.js', import.meta.url), { workerData: data });
  const crossing = new ThreadWires(worker as unknown as ThreadPort);
  const control = crossing.wire(wires.control);
  const life = new ThreadLife();
  control.listen((message) => life.told(message as ThreadNotice));
  worker.on('error', (error) => life.ended(error));
  worker.on('exit', (code) => life.ended(new Error(`the rating thread ended with ${code}`)));
  return {
    client: new ThreadClient(crossing.wire(wires.toRating)),
    clocks: crossing.wire(wires.clocks),
    connect(bus, server, ready) {
      const topics = [usageTopic(usagePartitions), intakeTopic, factsTopic] as readonly Topic<unknown>[];
      serveBus({ bus, wire: crossing.wire(wires.bus), topics, ready });
      serveRequests(crossing.wire(wires.toMain), server);
    },
    started: () => life.started,
    async close() {
      control.send('close');
      await life.closed;
      await worker.terminate();
    },
  };
}

/** From start to end, as the thread tells it. */
class ThreadLife {
  readonly started: Promise<void>;
  readonly closed: Promise<void>;
  private stage: 'starting' | 'running' | 'over' = 'starting';
  private readonly start = Promise.withResolvers<undefined>();
  private readonly close = Promise.withResolvers<undefined>();

  constructor() {
    this.started = this.start.promise;
    this.closed = this.close.promise;
    // Whoever waits hears of it; nobody has to.
    this.started.catch(() => undefined);
    this.closed.catch(() => undefined);
  }

  told(notice: ThreadNotice): void {
    switch (notice.kind) {
      case 'ready':
        this.stage = 'running';
        return this.start.resolve(undefined);
      case 'closed':
        this.stage = 'over';
        return this.close.resolve(undefined);
      case 'failed': {
        const { name, message, stack, code } = notice;
        const error = Object.assign(new Error(message), { name, stack, ...(code === undefined ? {} : { code }) });
        return this.ended(error);
      }
    }
  }

  ended(error: Error): void {
    const { stage } = this;
    this.stage = 'over';
    this.start.reject(error);
    this.close.reject(error);
    if (stage !== 'running') return;
    process.stderr.write(`tollkeeper: rating cannot go on: ${error.stack ?? error.message}\n  mend: start again; nothing that was acknowledged is lost\n`);
    process.exit(1);
  }
}
