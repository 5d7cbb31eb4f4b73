import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type DescMessage, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import { Controller, type DynamicModule, Inject, type INestMicroservice, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Payload } from '@nestjs/microservices';
import { LocalBus } from '@tollkeeper/bus-local';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { commissionsV1, invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { type Instant, Problem, type Randomness } from '@tollkeeper/kernel';
import { InProcessClient, InProcessServer, Rpc, ServiceClient, type ServicePorts, TenantClocks } from '@tollkeeper/nest-kit';
import type { ActorHost, Timers } from '@tollkeeper/ports';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { TENANT_CONTEXT, type TenantContext, type TenantServiceOptions } from './shell/tenant-context.js';
import { TenantModule } from './tenant.module.js';

const { RunDueReplySchema } = tenantV1;

/** The other services: what they were asked, and how they answer. They outlive a restart of the tenant service. */
class Neighbours {
  readonly applied: ratingV1.ApplyContractRequest[] = [];
  /** `rating 2026-03-02T00:00:00.000Z`, in the order of asking. */
  readonly ranDue: string[] = [];
  readonly priceLists = new Map([
    ['standard', 'SEK'],
    ['fleet', 'SEK'],
    ['euro', 'EUR'],
  ]);
  /** Called before every answer; throws to fail it. */
  before: (asked: string) => void = () => undefined;

  /** Devices by reference → the newest contract version that rating was told, in the manner of rating: the same one once. */
  get accounts(): ReadonlyMap<string, ratingV1.DeviceTerms> {
    return new Map(this.applied.flatMap(({ devices }) => devices.map((terms) => [terms.reference, terms])));
  }

  runDue(who: string, { now }: tenantV1.RunDueRequest): tenantV1.RunDueReply {
    this.before(`${who} ${now}`);
    this.ranDue.push(`${who} ${now}`);
    return create(RunDueReplySchema, { done: { [`${who}_runs`]: 1 } });
  }
}

@Controller()
class NeighboursController {
  constructor(@Inject(Neighbours) private readonly neighbours: Neighbours) {}

  @Rpc(ratingV1.RatingService.method.applyContract)
  applyContract(@Payload() request: ratingV1.ApplyContractRequest): ratingV1.ApplyContractReply {
    this.neighbours.before('applyContract');
    this.neighbours.applied.push(request);
    return create(ratingV1.ApplyContractReplySchema, { devices: request.devices.length });
  }

  @Rpc(ratingV1.RatingService.method.getPriceList)
  getPriceList(@Payload() { id }: tenantV1.GetRequest): ratingV1.PriceList {
    const currency = this.neighbours.priceLists.get(id);
    if (currency === undefined) throw new Problem('not_found', 'There is no such price list here.');
    return create(ratingV1.PriceListSchema, { code: id, currency });
  }

  @Rpc(ratingV1.RatingService.method.runDue)
  rating(@Payload() request: tenantV1.RunDueRequest): tenantV1.RunDueReply {
    return this.neighbours.runDue('rating', request);
  }

  @Rpc(invoicingV1.InvoicingService.method.runDue)
  invoicing(@Payload() request: tenantV1.RunDueRequest): tenantV1.RunDueReply {
    return this.neighbours.runDue('invoicing', request);
  }

  @Rpc(receivablesV1.ReceivablesService.method.runDue)
  receivables(@Payload() request: tenantV1.RunDueRequest): tenantV1.RunDueReply {
    return this.neighbours.runDue('receivables', request);
  }

  @Rpc(commissionsV1.CommissionsService.method.runDue)
  commissions(@Payload() request: tenantV1.RunDueRequest): tenantV1.RunDueReply {
    return this.neighbours.runDue('commissions', request);
  }
}

@Module({})
class WorldModule {
  static forRoot(neighbours: Neighbours, ports: ServicePorts, options: TenantServiceOptions): DynamicModule {
    return {
      module: WorldModule,
      imports: [TenantModule.forRoot(ports, options)],
      controllers: [NeighboursController],
      providers: [{ provide: Neighbours, useValue: neighbours }],
    };
  }
}

/** Machine time that a scenario moves; timers fire when it passes them. */
class WorldTime implements Timers {
  private readonly waiting = new Map<
    number,
    { readonly at: Instant; readonly work: () => void; readonly real: NodeJS.Timeout | undefined }
  >();
  private counter = 0;
  /** What was skipped, on top of the machine's own time. */
  private skippedMs = 0;

  now(): Instant {
    return Date.now() + this.skippedMs;
  }

  after(delayMs: number, work: () => void): () => void {
    const id = this.counter++;
    const run = () => {
      this.waiting.delete(id);
      work();
    };
    const real = setTimeout(run, delayMs);
    real.unref();
    this.waiting.set(id, { at: this.now() + delayMs, work: run, real });
    return () => {
      clearTimeout(real);
      this.waiting.delete(id);
    };
  }

  skip(ms: number): void {
    this.skippedMs += ms;
    for (const [id, { at, work, real }] of [...this.waiting]) {
      if (at > this.now() || !this.waiting.has(id)) continue;
      clearTimeout(real);
      work();
    }
  }
}

/** Different bytes at every call, the same ones in every run. */
function countingRandomness(): Randomness {
  let count = 0;
  return { bytes: (length) => Uint8Array.from({ length }, () => (count = (count * 31 + 7) & 255)) };
}

const noActors: ActorHost = {
  register: () => undefined,
  onDeactivate: () => undefined,
  callMany: () => Promise.reject(new Error('the tenant service has no actors')),
  call: () => Promise.reject(new Error('the tenant service has no actors')),
  close: () => Promise.resolve(),
};

/** The tenant service on real stores in a folder of its own, with neighbours that only listen. */
export class TenantWorld {
  readonly neighbours = new Neighbours();
  readonly time = new WorldTime();
  private readonly client: ServiceClient;
  private server = new InProcessServer();
  private app: INestMicroservice | undefined;
  private stores: { readonly chains: LevelChainStore; readonly bus: LocalBus; readonly views: LevelViewStore } | undefined;
  private opened: ServicePorts | undefined;
  private causes = 0;

  private constructor(
    readonly folder: string,
    private readonly options: Partial<TenantServiceOptions>,
  ) {
    this.client = new ServiceClient(new InProcessClient(this.server));
  }

  static async open(options: Partial<TenantServiceOptions> = {}): Promise<TenantWorld> {
    const world = new TenantWorld(await mkdtemp(join(tmpdir(), 'tenant-world-')), options);
    await world.start();
    return world;
  }

  private async start(): Promise<void> {
    const chains = await LevelChainStore.open({ folder: join(this.folder, 'chains') });
    const bus = await LocalBus.open({ folder: join(this.folder, 'bus') });
    const views = await LevelViewStore.open({ folder: join(this.folder, 'views') });
    this.stores = { chains, bus, views };
    const ports: ServicePorts = {
      chains,
      views,
      bus,
      actors: noActors,
      timers: this.time,
      clock: this.time,
      clocks: new TenantClocks(this.time),
      randomness: countingRandomness(),
      client: this.client,
    };
    this.opened = ports;
    const options = { installationSecret: new Uint8Array(32).fill(7), ...this.options };
    this.app = await NestFactory.createMicroservice(WorldModule.forRoot(this.neighbours, ports, options), {
      strategy: this.server,
      logger: false,
    });
    await this.app.listen();
  }

  get ports(): ServicePorts {
    if (!this.opened) throw new Error('the world is closed');
    return this.opened;
  }

  get context(): TenantContext {
    if (!this.app) throw new Error('the world is closed');
    return this.app.get<TenantContext>(TENANT_CONTEXT, { strict: false });
  }

  /** Ends the service as Ctrl-C does, and starts it again on the same folder. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  private async stop(): Promise<void> {
    await this.app?.close();
    await this.stores?.bus.close();
    await this.stores?.views.close();
    await this.stores?.chains.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  ask<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    return this.client.call(method, input);
  }

  cause(): string {
    return `cause-${++this.causes}`;
  }

  /** The problem that a request is answered with. */
  async refusal<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
  ): Promise<Problem> {
    try {
      await this.ask(method, input);
    } catch (error) {
      if (error instanceof Problem) return error;
      throw error;
    }
    throw new Error(`${method.name} was not refused`);
  }
}

export const svc = tenantV1.TenantService.method;

/** A tenant with a Swedish entity and brand, ready to sell. */
export async function openShop(world: TenantWorld, tenant: MessageInitShape<typeof tenantV1.TenantSchema> = {}) {
  const { id: tenantId } = await world.ask(svc.createTenant, {
    cause: world.cause(),
    tenant: { name: 'Northgrid', slug: `northgrid-${world.cause()}`, ...tenant },
  });
  const entity = await world.ask(svc.createBillingEntity, { tenantId, cause: world.cause(), billingEntity: swedishEntity });
  const brand = await world.ask(svc.createBrand, {
    tenantId,
    cause: world.cause(),
    brand: { name: 'Northgrid', billingEntityId: entity.id, language: 'sv' },
  });
  return { tenantId, entity, brand };
}

export const swedishEntity = {
  name: 'Northgrid AB',
  registrationNumber: '556036-0793',
  vatNumber: 'SE556036079301',
  address: { line1: 'Storgatan 1', postalCode: '111 22', city: 'Stockholm', country: 'SE' },
  currency: 'SEK',
  bankgiro: '5050-1055',
  timeZone: 'Europe/Stockholm',
};

export const anna = {
  kind: 'consumer',
  name: 'Anna Andersson',
  email: 'anna@example.com',
  reference: 'C-1001',
  address: { line1: 'Lillgatan 2', postalCode: '222 33', city: 'Lund', country: 'SE' },
};

/** Resolves with the first defined answer, or fails after a while. */
export async function eventually<T>(what: () => T | undefined | Promise<T | undefined>, withinMs = 3_000): Promise<T> {
  for (const end = Date.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, 5))) {
    const found = await what();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`it did not happen within ${withinMs} ms`);
  }
}
