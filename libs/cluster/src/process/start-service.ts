import 'reflect-metadata';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { NatsConnection } from '@nats-io/transport-node';
import { factsTopic, ServiceClient, type ServicePorts } from '@tollkeeper/nest-kit';
import { startTelemetry, type Telemetry, tracedPorts } from '@tollkeeper/telemetry';
import { SharedClocks } from '../clocks/shared-clocks.js';
import { Health } from '../health/health.js';
import { type HealthServer, serveHealth } from '../health/health-server.js';
import { NatsRequestClient } from '../requests/nats-request.client.js';
import { NatsRequestServer } from '../requests/nats-request.server.js';
import { timeoutOf } from '../requests/timeouts.js';
import { defaultRequestLimits, type RequestPorts } from '../requests/wire.js';
import type { ClusterSettings } from '../settings/settings.js';
import { connectNats } from './connect-nats.js';
import { keepTrying, type Trying } from './keep-trying.js';
import { machineClock, machineRandomness, machineTimers } from './machine.js';
import { type Engines, openEngines } from './open-engines.js';
import { peerCounts } from './peer-counts.js';
import type { ServiceDefinition, ServiceParts } from './service-definition.js';

/** What has been begun is finished within this time; Kubernetes ends a process 30 s after it asked it to stop. */
const longestDrainMs = 20_000;

/** What the engines are called in spans. */
const engineNames = { bus: 'nats', chains: 'mongodb' };

interface RunningService {
  readonly healthPort: number;
  /** Of the public API, where there is one. */
  readonly address: string | undefined;
  /** Not ready first; then takes nothing more, finishes what is under way, and closes. */
  stop(): Promise<void>;
}

/** One process of a service from its first connection to its last. */
export class ServiceProcess implements RunningService {
  private readonly logger = new Logger('process');
  private readonly health = new Health(machineTimers);
  private readonly ending = new AbortController();
  private healthServer: HealthServer | undefined;
  private telemetry: Telemetry | undefined;
  private connection: NatsConnection | undefined;
  private engines: Engines | undefined;
  private requests: NatsRequestServer | undefined;
  private app: INestApplicationContext | undefined;
  address: string | undefined;

  constructor(
    private readonly definition: ServiceDefinition,
    private readonly settings: ClusterSettings,
  ) {}

  get healthPort(): number {
    return this.healthServer?.port ?? this.settings.healthPort;
  }

  /** Resolves when the service takes requests; waits for as long as it takes for the engines and the services that it needs. */
  async start(): Promise<void> {
    const { definition, settings, health } = this;
    this.healthServer = await serveHealth(health, settings.healthPort);
    const name = `tollkeeper-${definition.name}`;
    this.telemetry = await startTelemetry({ service: name, instance: settings.instance }, process.env);
    const connection = await this.trying('nats', () => connectNats(settings.natsServers, `${name}/${settings.instance}`));
    this.connection = connection;
    const onFault = (fault: unknown): void => this.logger.error(`the bus: ${textOf(fault)}`);
    const engines = await this.trying('mongodb and jetstream', () => openEngines(settings, definition.name, onFault));
    this.engines = engines;
    this.watch(connection, engines);
    const clocks = new SharedClocks(machineClock, connection);
    const requestPorts: RequestPorts = { connection, clock: machineClock, timers: machineTimers, clocks, limits: defaultRequestLimits };
    const client = new ServiceClient(new NatsRequestClient(requestPorts), { clock: machineClock, timers: machineTimers, timeoutOf });
    if (!definition.ownsTestClocks) await this.trying('the tenant service', () => clocks.load(client));
    this.reloadAfterCuts(connection, () => clocks.load(client));
    const { chains, views, bus, actors } = engines;
    const ports: ServicePorts = { views, ...tracedPorts({ chains, bus, actors }, engineNames), timers: machineTimers, clock: machineClock, clocks, randomness: machineRandomness, client };
    const parts: ServiceParts = { ports, settings, peerCounts: peerCounts(connection, definition.name), assertReady: () => this.assertReady() };
    this.app = await this.listen(parts, requestPorts);
    await actors.take();
    await definition.onStarted?.(this.app, parts);
    health.started();
    this.logger.log(`${definition.name} has started${this.address === undefined ? '' : ` and listens on ${this.address}`}; health on port ${this.healthPort}`);
  }

  private async listen(parts: ServiceParts, requestPorts: RequestPorts): Promise<INestApplicationContext> {
    const { definition, settings } = this;
    const root = { module: class ServiceRoot {}, imports: [definition.module(parts)] };
    if (definition.publicHttp) {
      const app = await NestFactory.create<NestFastifyApplication>(root, definition.publicHttp(), { abortOnError: false });
      await app.init();
      // Not Nest's own listen: it logs the failure besides.
      this.address = await app.getHttpAdapter().getInstance().listen({ port: settings.httpPort, host: settings.httpHost });
      return app;
    }
    this.requests = new NatsRequestServer(requestPorts, definition.name);
    const app = await NestFactory.createMicroservice(root, { strategy: this.requests, abortOnError: false });
    await app.listen();
    return app;
  }

  private watch(connection: NatsConnection, { chains, bus, busTrouble, actors }: Engines): void {
    this.health.add('nats', async () => {
      if (connection.isClosed()) throw new Error('the connection is closed');
      await connection.flush();
    });
    this.health.add('jetstream', async () => {
      const trouble = busTrouble();
      if (trouble !== undefined) throw new Error(trouble);
      await bus.lag(factsTopic, 'invoicing');
    });
    this.health.add('mongodb', async () => void (await chains.heads(['health/ready'])));
    if (actors.check) this.health.add('dapr', actors.check);
    this.health.add('consumers', () => Promise.resolve(bus.assertMoving()));
  }

  /** What other processes said while the connection was cut is asked for again. */
  private reloadAfterCuts(connection: NatsConnection, reload: () => Promise<void>): void {
    const follow = async (): Promise<void> => {
      for await (const { type } of connection.status()) {
        if (type === 'disconnect') this.logger.warn('the connection to NATS is lost; it is made again by itself');
        if (type !== 'reconnect') continue;
        this.logger.log('the connection to NATS is there again');
        await this.trying('the tenant service', reload).catch(() => undefined);
      }
    };
    follow().catch((error: unknown) => this.logger.error(`the connection to NATS is not watched any more: ${textOf(error)}`));
  }

  private async assertReady(): Promise<void> {
    const { status, checks } = await this.health.ready();
    if (status === 'ok') return;
    throw new Error(Object.entries(checks).filter(([, word]) => word !== 'ok').map(([what, word]) => `${what}: ${word}`).join('; '));
  }

  private trying<T>(what: string, work: () => Promise<T>): Promise<T> {
    const trying: Trying = {
      timers: machineTimers,
      signal: this.ending.signal,
      onFailed: (error) => {
        this.health.waitFor(`${what}: ${textOf(error)}`);
        this.logger.warn(`${what} cannot be reached and is tried again: ${textOf(error)}`);
      },
    };
    this.health.waitFor(what);
    return keepTrying(trying, work);
  }

  async stop(): Promise<void> {
    this.health.stopping();
    this.engines?.actors.withdraw();
    this.ending.abort(new Error('the process was asked to stop'));
    this.logger.log('stopping: finishing what is under way');
    await wait(this.settings.drainDelayMs);
    // Requests first: while they end, the service behind them is whole. A caller whose request takes longer asks another replica.
    await atMost(longestDrainMs, this.requests?.close());
    await this.app?.close();
    await this.engines?.close();
    await this.connection?.close();
    await this.telemetry?.close();
    await this.healthServer?.close();
    this.logger.log('stopped');
  }
}

function wait(ms: number): Promise<void> {
  return ms === 0 ? Promise.resolve() : new Promise((resolve) => void machineTimers.after(ms, resolve));
}

async function atMost(ms: number, work: Promise<void> | undefined): Promise<void> {
  let cancel = (): void => undefined;
  const enough = new Promise<void>((resolve) => {
    cancel = machineTimers.after(ms, resolve);
  });
  await Promise.race([work, enough]).finally(cancel);
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
