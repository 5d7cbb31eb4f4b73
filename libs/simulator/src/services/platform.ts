import { Logger, type LoggerService } from '@nestjs/common';
import { IngestionModule } from '@tollkeeper/ingestion-service';
import { InvoicingModule } from '@tollkeeper/invoicing-service';
import { type ServicePorts, TenantClocks } from '@tollkeeper/nest-kit';
import { RatingModule } from '@tollkeeper/rating-service';
import { ReceivablesModule } from '@tollkeeper/receivables-service';
import { SimActorHost } from '../ports/sim-actor-host.js';
import { SimBus } from '../ports/sim-bus.js';
import { SimChainStore } from '../ports/sim-chain-store.js';
import { SimTimers } from '../ports/sim-timers.js';
import { SimViewStore } from '../ports/sim-view-store.js';
import type { SimProcess } from '../world/process.js';
import type { Trace } from '../world/trace.js';
import { SimWorld, type WorldOptions } from '../world/world.js';
import { bootModule } from './boot-module.js';
import { type Handler, RequestExchange } from './request-exchange.js';
import { type Tenancy, tenantDirectory } from './tenant-directory.js';

/** Changes what a process gets for its ports: how a planted bug comes in. */
export type PortWrapper = (ports: ServicePorts, process: SimProcess) => ServicePorts;

export interface PlatformOptions extends WorldOptions {
  readonly tenancies: readonly Tenancy[];
  readonly processes: number;
  /** Events that fill a page; small ones make chains long. */
  readonly pageEvents: number;
  readonly wrap?: PortWrapper;
}

const usagePartitions = 3;
/** A page is booked so long after its first event. */
const pageMs = 300;

/** The product's services on the path from a reading to a payment, all of them in each of several processes that share one world. */
export class Platform {
  readonly world: SimWorld;
  readonly requests: RequestExchange;
  private readonly directory: ReadonlyMap<string, Handler>;
  /** Processes whose background work has begun. */
  private readonly ready = new WeakSet<SimProcess>();

  constructor(
    seed: number,
    private readonly options: PlatformOptions,
  ) {
    this.directory = tenantDirectory(options.tenancies);
    this.world = new SimWorld(seed, { ...options, boot: (process) => this.boot(process) });
    this.requests = new RequestExchange(this.world);
    Logger.overrideLogger(loggerTo(this.world.trace));
    for (let i = 0; i < options.processes; i++) this.world.start(String.fromCharCode(97 + i));
  }

  /** True when every process is up. */
  get isUp(): boolean {
    return this.world.processes.length >= this.options.processes && this.world.processes.every((process) => this.ready.has(process));
  }

  private boot(process: SimProcess): void {
    const given = this.portsOf(process);
    const ports = this.options.wrap?.(given, process) ?? given;
    const modules = [
      bootModule(IngestionModule.forRoot(ports, { usagePartitions, filesFolder: '', importsFiles: false })),
      bootModule(RatingModule.forRoot(ports, { usagePartitions, pageMs, book: { pageEvents: this.options.pageEvents } })),
      bootModule(InvoicingModule.forRoot(ports)),
      bootModule(ReceivablesModule.forRoot(ports)),
    ];
    const handlers = new Map([...this.directory, ...modules.flatMap((module) => [...module.handlers])]);
    const starting = async (): Promise<void> => {
      for (const module of modules) await module.start();
    };
    starting().then(
      () => {
        this.ready.add(process);
        if (!process.isDead) this.requests.serve(process, handlers);
      },
      // A process that cannot start ends, and whatever runs it starts it again.
      (error: unknown) => this.world.crash(process, `at its start: ${String(error)}`),
    );
  }

  private portsOf(process: SimProcess): ServicePorts {
    const { world } = this;
    return {
      chains: new SimChainStore(process, world.chains),
      views: new SimViewStore(process, world.views),
      bus: new SimBus(process, world.bus),
      actors: new SimActorHost(process, world.actors),
      timers: new SimTimers(process),
      clock: world.clock,
      clocks: new TenantClocks(world.clock),
      randomness: world.chance.fork(process.name),
      client: this.requests.clientOf(process),
    };
  }
}

/** What the product logs becomes part of the history; the first lines only, since stacks name files. */
function loggerTo(trace: Trace): LoggerService {
  const note = (message: unknown, context?: unknown): void => trace.note('log', `${String(context)}: ${String(message).split('\n', 1)[0]}`);
  return { log: note, error: (message: unknown, ...rest: unknown[]) => note(message, rest.at(-1)), warn: note };
}
