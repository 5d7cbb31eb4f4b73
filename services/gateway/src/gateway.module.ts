import { type DynamicModule, Inject, Logger, Module, type OnApplicationBootstrap, type BeforeApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import type { FastifyInstance } from 'fastify';
import {
  defaultKeepAnswersMs, defaultKeyCacheMs, defaultLimits, defaultRateLimit, GATEWAY_OPTIONS, type GatewayOptions, longestKeyCacheMs,
} from './gateway.options.js';
import { registerRoutes } from './http/engine.js';
import { defaultPressure, turnAwayUnderPressure } from './http/overload.js';
import { Idempotency } from './idempotency/idempotency.js';
import { registerDocs } from './openapi/docs-page.js';
import { routeTable } from './routes/route-table.js';
import { Authenticator } from './security/authenticate.js';
import { RateLimit } from './security/rate-limit.js';

/** Answers that nobody will ask for again are removed this often. */
const sweepEveryMs = 3_600_000;

/** The public edge: puts the route table on the HTTP side of the application that `createGatewayAdapter` began. */
@Module({})
export class GatewayModule implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('gateway');
  private readonly idempotency: Idempotency;
  private rateLimit: RateLimit | undefined;
  private cancelSweep: (() => void) | undefined;

  constructor(
    @Inject(SERVICE_PORTS) private readonly ports: ServicePorts,
    @Inject(GATEWAY_OPTIONS) private readonly options: GatewayOptions,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    this.idempotency = new Idempotency(ports, options.keepAnswersMs ?? defaultKeepAnswersMs);
  }

  static forRoot(ports: ServicePorts, options: GatewayOptions = {}): DynamicModule {
    return {
      module: GatewayModule,
      providers: [
        { provide: SERVICE_PORTS, useValue: ports },
        { provide: GATEWAY_OPTIONS, useValue: options },
      ],
    };
  }

  onModuleInit(): void {
    const { ports, options } = this;
    this.rateLimit = new RateLimit({ ...defaultRateLimit, ...options.rateLimit }, ports.timers);
    const fastify = this.host.httpAdapter.getInstance<FastifyInstance>();
    turnAwayUnderPressure(fastify, { ...defaultPressure(), ...options.pressure });
    registerRoutes(fastify, routeTable, {
      ports,
      limits: { ...defaultLimits, ...options.limits },
      authenticator: new Authenticator(ports.client, ports.clock, Math.min(options.keyCacheMs ?? defaultKeyCacheMs, longestKeyCacheMs)),
      rateLimit: this.rateLimit,
      idempotency: this.idempotency,
      readiness: options.readiness ?? {},
    });
    registerDocs(fastify);
  }

  onApplicationBootstrap(): void {
    this.sweepLater();
  }

  beforeApplicationShutdown(): void {
    this.cancelSweep?.();
    this.rateLimit?.stop();
  }

  private sweepLater(): void {
    this.cancelSweep = this.ports.timers.after(sweepEveryMs, () => {
      this.idempotency.sweep().catch((error: unknown) => this.logger.warn(`removing old answers failed: ${String(error)}`));
      this.sweepLater();
    });
  }
}
