import 'reflect-metadata';
import { join } from 'node:path';
import { type DynamicModule, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import { LocalBus } from '@tollkeeper/bus-local';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { CommissionsModule } from '@tollkeeper/commissions-service';
import { createGatewayAdapter, GatewayModule } from '@tollkeeper/gateway-service';
import { IngestionModule } from '@tollkeeper/ingestion-service';
import { InvoicingModule } from '@tollkeeper/invoicing-service';
import { InProcessClient, InProcessServer, ServiceClient, type ServicePorts } from '@tollkeeper/nest-kit';
import { ReceivablesModule } from '@tollkeeper/receivables-service';
import { ensureOperatorKey, loadInstallationSecret, TENANT_CONTEXT, type TenantContext, TenantModule } from '@tollkeeper/tenant-service';
import { startTelemetry, type Telemetry, tracedPorts } from '@tollkeeper/telemetry';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { claimFolder, DataFolderUnusable } from '@tollkeeper/data-folder';
import { machineClock, machineRandomness, machineTimers } from './machine.js';
import type { EmbeddedOptions } from './options.js';
import { engineNames, levelsDownTo, usagePartitions } from './settings.js';
import { isForRating } from './threads/rating-thread.contract.js';
import { startRatingThread } from './threads/start-rating-thread.js';
import { RoutedClient } from './threads/thread-requests.js';
import { ToldClocks } from './threads/told-clocks.js';

/** The platform while it runs. */
export interface Platform {
  /** `http://127.0.0.1:7410` */
  readonly address: string;
  /** The key of the installation's operator; also in the file below. */
  readonly operatorKey: string;
  readonly operatorKeyFile: string;
  /** Stops taking requests, finishes what is under way, and closes the data folder. */
  close(): Promise<void>;
}

/** Layout of the data folder as a whole; each store in it has one of its own. */
const folderFormat = { content: 'tollkeeper data folder', version: 2 };

/** Opens the data folder, starts every service in this process, rating in a thread of its own, and listens. */
export async function startPlatform(options: EmbeddedOptions): Promise<Platform> {
  const { version } = await claimFolder(options.dataFolder, folderFormat);
  if (version < folderFormat.version) {
    throw new DataFolderUnusable(`${options.dataFolder} was made before the first release, in a layout that is not read any more; configure another folder, or remove this one`);
  }
  const telemetry = await startTelemetry({ service: 'tollkeeper-embedded', instance: String(process.pid) }, process.env);
  const stores = await openStores(options);
  try {
    return await startServices(options, stores, telemetry);
  } catch (error) {
    await closeStores(stores);
    await telemetry.close();
    throw error;
  }
}

interface Stores {
  readonly chains: LevelChainStore;
  readonly views: LevelViewStore;
  readonly bus: LocalBus;
  readonly actors: LocalActorHost;
}

async function openStores({ dataFolder }: EmbeddedOptions): Promise<Stores> {
  const chains = await LevelChainStore.open({ folder: join(dataFolder, 'chains') });
  const views = await LevelViewStore.open({ folder: join(dataFolder, 'views') });
  const bus = await LocalBus.open({
    folder: join(dataFolder, 'bus'),
    timers: machineTimers,
    onFault: (fault) => process.stderr.write(`tollkeeper: the bus: ${fault instanceof Error ? fault.message : String(fault)}\n`),
  });
  return { chains, views, bus, actors: new LocalActorHost() };
}

async function closeStores({ chains, views, bus, actors }: Stores): Promise<void> {
  await actors.close();
  await bus.close();
  await views.close();
  await chains.close();
}

async function startServices(options: EmbeddedOptions, stores: Stores, telemetry: Telemetry): Promise<Platform> {
  const { dataFolder, pageMs, logLevel } = options;
  const rating = startRatingThread({ folder: join(dataFolder, 'rating'), pageMs, logLevel });
  const server = new InProcessServer();
  const here = new InProcessClient(server);
  const ports: ServicePorts = {
    ...tracedPorts(stores, engineNames),
    timers: machineTimers,
    clock: machineClock,
    clocks: new ToldClocks(machineClock, rating.clocks),
    randomness: machineRandomness,
    client: new ServiceClient(new RoutedClient((pattern) => (isForRating(pattern) ? rating.client : here))),
  };
  // Usage is priced by the clocks of its tenants: rating gets none before they are known.
  const clocksKnown = Promise.withResolvers<undefined>();
  rating.connect(stores.bus, server, clocksKnown.promise);
  await rating.started();
  const installationSecret = await loadInstallationSecret(join(options.dataFolder, 'installation.secret'), machineRandomness);
  const app = await NestFactory.create<NestFastifyApplication>(embeddedModule(ports, options, installationSecret), createGatewayAdapter(), {
    logger: levelsDownTo(options.logLevel),
    abortOnError: false,
  });
  app.connectMicroservice({ strategy: server });
  await app.startAllMicroservices();
  await app.init();
  clocksKnown.resolve(undefined);
  const operatorKeyFile = join(options.dataFolder, 'operator.key');
  const operatorKey = await ensureOperatorKey(app.get<TenantContext>(TENANT_CONTEXT, { strict: false }), { file: operatorKeyFile });
  // Not Nest's own listen: it logs the failure besides, where one sentence for a person is enough.
  const address = await app.getHttpAdapter().getInstance().listen({ port: options.port, host: options.host });
  const close = async () => {
    await app.close();
    await rating.close();
    await closeStores(stores);
    await telemetry.close();
  };
  return { address, operatorKey, operatorKeyFile, close };
}

function embeddedModule(ports: ServicePorts, options: EmbeddedOptions, installationSecret: Uint8Array): DynamicModule {
  return {
    module: EmbeddedModule,
    imports: [
      TenantModule.forRoot(ports, { installationSecret }),
      IngestionModule.forRoot(ports, {
        usagePartitions,
        filesFolder: join(options.dataFolder, 'files'),
        ...(options.watchFolder === undefined ? {} : { watchFolder: options.watchFolder }),
      }),
      InvoicingModule.forRoot(ports),
      ReceivablesModule.forRoot(ports),
      CommissionsModule.forRoot(ports),
      GatewayModule.forRoot(ports),
    ],
  };
}

@Module({})
class EmbeddedModule {}
