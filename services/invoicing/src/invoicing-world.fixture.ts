import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type DescMessage, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LocalBus } from '@tollkeeper/bus-local';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { type factsV1, invoicingV1, ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { factsTopic, InProcessClient, InProcessServer, rpcPattern, ServiceClient, type ServicePorts, TenantClocks } from '@tollkeeper/nest-kit';
import type { ActorHost, Timers } from '@tollkeeper/ports';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { of } from 'rxjs';
import { InvoicingCore } from './invoicing.core.js';
import { InvoicingModule } from './invoicing.module.js';

export const svc = invoicingV1.InvoicingService.method;
export const tenantId = 'ten_a';
export const entityId = 'ent_se';

/** A message as an object literal, without its type's name. */
type Plain<D extends DescMessage> = Extract<MessageInitShape<D>, { readonly $typeName?: never }>;

/** What rating holds of a customer's devices: its lines are closed once, by one cause, and told again to the same. */
export interface HeldAccount {
  readonly device: string;
  readonly customer: string;
  readonly amount: string;
  readonly partner?: string;
  closedBy?: string;
  /** Keeps what it holds: less than the minimum. */
  held?: boolean;
}

/** Tenant and rating as invoicing sees them. */
class Neighbours {
  readonly customers = new Map<string, Plain<typeof tenantV1.CustomerSchema>>();
  readonly contracts = new Map<string, MessageInitShape<typeof tenantV1.ContractSchema>[]>();
  readonly accounts: HeldAccount[] = [];
  entity: Plain<typeof tenantV1.BillingEntitySchema> = {
    id: entityId,
    name: 'Northgrid AB',
    registrationNumber: '556036-0793',
    vatNumber: 'SE556036079301',
    address: { line1: 'Storgatan 1', postalCode: '111 22', city: 'Stockholm', country: 'SE' },
    currency: 'SEK',
    series: 'SE',
    paymentDays: 30,
    referenceKind: 'ocr',
    rounding: 'half_up',
    bankgiro: '9912346',
    timeZone: 'Europe/Stockholm',
  };
  /** Called before every answer; throws to fail it. */
  before: (asked: string) => void = () => undefined;

  party({ tenantId: tenant, id }: tenantV1.GetRequest): MessageInitShape<typeof tenantV1.BillingPartySchema> {
    this.before(`party ${id}`);
    const customer = this.customers.get(id);
    if (!customer || tenant !== tenantId) throw new Problem('not_found', `There is no customer ${id}.`);
    return { customer, brand: brandOf(), billingEntity: this.entity, contracts: this.contracts.get(id) ?? [] };
  }

  close(request: ratingV1.CloseAccountsRequest): MessageInitShape<typeof ratingV1.CloseAccountsReplySchema> {
    this.before(`close ${request.customerId}`);
    const own = this.accounts.filter(({ customer }) => customer === request.customerId);
    const closed = own.filter((account) => (account.closedBy ?? request.cause) === request.cause && (account.closedBy !== undefined || !account.held || request.all));
    if (!request.preview) for (const account of closed) account.closedBy = request.cause;
    return {
      held: own.filter((account) => account.held && account.closedBy === undefined).length,
      accounts: closed.map((account, i) => ({ device: account.device, n: request.preview ? 0 : i + 2, hash: 'ab', lines: [chargeLine(account)], amount: account.amount })),
    };
  }
}

function brandOf(): MessageInitShape<typeof tenantV1.BrandSchema> {
  return { id: 'brd_a', name: 'Northgrid', billingEntityId: entityId, language: 'sv', primaryColor: '#004466', accentColor: '#ffaa00' };
}

export function chargeLine({ device, amount, partner = '' }: Pick<HeldAccount, 'device' | 'amount' | 'partner'>): MessageInitShape<typeof ratingV1.ChargeLineSchema> {
  return {
    device,
    meter: 'energy',
    description: 'Charging',
    periodStart: '2026-01-31T23:00:00.000Z',
    periodEnd: '2026-02-28T23:00:00.000Z',
    quantity: '10',
    unit: 'kWh',
    amount,
    events: 3,
    partnerId: partner,
  };
}

const noActors: ActorHost = {
  register: () => undefined,
  onDeactivate: () => undefined,
  callMany: () => Promise.reject(new Error('invoicing has no actors')),
  call: () => Promise.reject(new Error('invoicing has no actors')),
  close: () => Promise.resolve(),
};

const timers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The invoicing service on real stores in a folder of its own, between neighbours that a scenario arranges. */
export class InvoicingWorld {
  readonly neighbours = new Neighbours();
  readonly facts: factsV1.Fact[] = [];
  now = Date.parse('2026-03-02T08:00:00Z');
  private app: INestMicroservice | undefined;
  private opened: ServicePorts | undefined;
  private server = new InProcessServer();
  private causes = 0;

  private constructor(readonly folder: string) {}

  static async open(): Promise<InvoicingWorld> {
    const world = new InvoicingWorld(await mkdtemp(join(tmpdir(), 'invoicing-world-')));
    await world.start();
    return world;
  }

  private async start(): Promise<void> {
    this.server = new InProcessServer();
    this.arrangeNeighbours();
    const clock = { now: () => this.now };
    const ports: ServicePorts = {
      chains: await LevelChainStore.open({ folder: join(this.folder, 'chains') }),
      views: await LevelViewStore.open({ folder: join(this.folder, 'views') }),
      bus: await LocalBus.open({ folder: join(this.folder, 'bus') }),
      actors: noActors,
      timers,
      clock,
      clocks: new TenantClocks(clock),
      randomness: { bytes: (length) => new Uint8Array(length) },
      client: new ServiceClient(new InProcessClient(this.server)),
    };
    this.opened = ports;
    ports.bus.subscribe(factsTopic, { group: 'spec', maxInFlight: 256 }, (deliveries) => {
      for (const delivery of deliveries) {
        if (!this.facts.some(({ id }) => id === delivery.value.id)) this.facts.push(delivery.value);
        delivery.ack();
      }
    });
    this.app = await NestFactory.createMicroservice(InvoicingModule.forRoot(ports), { strategy: this.server, logger: false });
    await this.app.listen();
  }

  private arrangeNeighbours(): void {
    const { neighbours } = this;
    const tenant = tenantV1.TenantService.method;
    this.answer(tenant.getBillingParty, (request) => neighbours.party(request));
    this.answer(tenant.getBillingEntity, ({ id, tenantId: of }) => {
      if (id !== neighbours.entity.id || of !== tenantId) throw new Problem('not_found', `There is no billing entity ${id}.`);
      return neighbours.entity;
    });
    this.answer(tenant.getBrand, brandOf);
    this.answer(tenant.listBrands, () => ({ items: [brandOf()] }));
    this.answer(tenant.listCustomers, () => ({ items: [...neighbours.customers.values()] }));
    this.answer(ratingV1.RatingService.method.closeAccounts, (request) => neighbours.close(request));
  }

  private answer<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, reply: (request: MessageShape<I>) => MessageInitShape<O>): void {
    this.server.addHandler(rpcPattern(method), (request: MessageShape<I>) => Promise.resolve().then(() => of(create(method.output, reply(request)))));
  }

  get ports(): ServicePorts {
    if (!this.opened) throw new Error('the world is closed');
    return this.opened;
  }

  get core(): InvoicingCore {
    if (!this.app) throw new Error('the world is closed');
    return this.app.get(InvoicingCore, { strict: false });
  }

  ask<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, input: MessageInitShape<I>): Promise<MessageShape<O>> {
    return this.ports.client.call(method, input);
  }

  cause(): string {
    return `req_${String(++this.causes).padStart(26, '0')}`;
  }

  customer(id: string, more: Plain<typeof tenantV1.CustomerSchema> = {}): string {
    const address = { line1: 'Lillgatan 2', postalCode: '222 33', city: 'Lund', country: 'SE' };
    this.neighbours.customers.set(id, { id, brandId: 'brd_a', kind: 'consumer', name: 'Anna Andersson', email: 'anna@example.com', address, ...more });
    return id;
  }

  holds(customer: string, device: string, amount: string, more: Partial<HeldAccount> = {}): void {
    this.neighbours.accounts.push({ customer, device, amount, ...more });
  }

  /** Starts a run and waits until it is done. */
  async bill(order: MessageInitShape<typeof invoicingV1.StartBillRunRequestSchema> = {}): Promise<invoicingV1.BillRun> {
    const { id } = await this.ask(svc.startBillRun, { tenantId, cause: this.cause(), billingEntityId: entityId, ...order });
    return eventually(async () => {
      const run = await this.ask(svc.getBillRun, { tenantId, id });
      return run.status === 'done' ? run : undefined;
    });
  }

  async invoices(tenant = tenantId): Promise<invoicingV1.Invoice[]> {
    const { items } = await this.ask(svc.listInvoices, { tenantId: tenant, limit: 100 });
    const whole = await Promise.all(items.map(({ id }) => this.ask(svc.getInvoice, { tenantId: tenant, id })));
    return whole.sort((a, b) => (a.number < b.number ? -1 : 1));
  }

  /** Ends the service as Ctrl-C does, and starts it again on the same folder. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  private async stop(): Promise<void> {
    await this.app?.close();
    await this.opened?.bus.close();
    await this.opened?.views.close();
    await this.opened?.chains.close();
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

/** Resolves with the first defined answer, or fails after a while. */
export async function eventually<T>(what: () => T | undefined | Promise<T | undefined>, withinMs = 4_000): Promise<T> {
  for (const end = Date.now() + withinMs; ; await new Promise((resolve) => setTimeout(resolve, 5))) {
    const found = await what();
    if (found !== undefined) return found;
    if (Date.now() > end) throw new Error(`it did not happen within ${withinMs} ms`);
  }
}
