import type { DynamicModule, INestApplicationContext } from '@nestjs/common';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { ServicePorts } from '@tollkeeper/nest-kit';
import type { ClusterSettings, ServiceName } from '../settings/settings.js';
import type { PeerCounts } from './peer-counts.js';

/** What a service gets to put itself together. */
export interface ServiceParts {
  readonly ports: ServicePorts;
  readonly settings: ClusterSettings;
  /** Shared with the other processes of this service. */
  readonly peerCounts: PeerCounts;
  /** Rejects with the reason while this process cannot do its work. */
  readonly assertReady: () => Promise<void>;
}

/** What is particular to the process of one service; the rest is the same for all. */
export interface ServiceDefinition {
  readonly name: ServiceName;
  readonly module: (parts: ServiceParts) => DynamicModule;
  /** The HTTP side of a service that has one for the public. */
  readonly publicHttp?: () => FastifyAdapter;
  /** The owner of the test clocks asks nobody for them. */
  readonly ownsTestClocks?: true;
  /** Done before the process counts as started. */
  readonly onStarted?: (app: INestApplicationContext, parts: ServiceParts) => Promise<void>;
}
