import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type DescMessage, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LocalBus } from '@tollkeeper/bus-local';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { commissionsV1, type factsV1, invoicingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem, toRfc3339 } from '@tollkeeper/kernel';
import { factsCaughtUp, factsTopic, InProcessClient, InProcessServer, publishFacts, rpcPattern, ServiceClient, type ServicePorts, TenantClocks } from '@tollkeeper/nest-kit';
import type { ActorHost, Timers } from '@tollkeeper/ports';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { of } from 'rxjs';
import { CommissionsModule } from './commissions.module.js';

export const svc: typeof commissionsV1.CommissionsService.method = commissionsV1.CommissionsService.method;
export const tenantId = 'ten_a';

type Plain<D extends DescMessage> = Extract<MessageInitShape<D>, { readonly $typeName?: never }>;
type Fact = Parameters<typeof publishFacts>[3][number];

const noActors: ActorHost = {
  register: () => undefined,
  onDeactivate: () => undefined,
  callMany: () => Promise.reject(new Error('commissions has no actors')),
  call: () => Promise.reject(new Error('commissions has no actors')),
  close: () => Promise.resolve(),
};

const timers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The commissions service on real stores in a folder of its own; a scenario tells it what invoicing and receivables would. */
export class CommissionsWorld {
  readonly facts: factsV1.Fact[] = [];
  now = Date.parse('2026-01-01T08:00:00Z');
  private app: INestMicroservice | undefined;
  private opened: ServicePorts | undefined;
  private server = new InProcessServer();
  private causes = 0;
  private told = 0;

  private constructor(readonly folder: string) {}

  static async open(): Promise<CommissionsWorld> {
    const world = new CommissionsWorld(await mkdtemp(join(tmpdir(), 'commissions-world-')));
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
    this.app = await NestFactory.createMicroservice(CommissionsModule.forRoot(ports), { strategy: this.server, logger: false });
    await this.app.listen();
  }

  private arrangeNeighbours(): void {
    const tenant = tenantV1.TenantService.method;
    const address = { line1: 'Storgatan 1', postalCode: '111 22', city: 'Stockholm', country: 'SE' };
    this.answer(tenant.getPartner, ({ tenantId: of, id }) => {
      if (of !== tenantId || !id.startsWith('prt_')) throw new Problem('not_found', `There is no partner ${id}.`);
      return { id, name: `Partner ${id}`, currency: 'SEK', language: 'sv', address };
    });
    this.answer(tenant.listBillingEntities, () => ({ items: [{ id: 'ent_se', name: 'Northgrid AB', currency: 'SEK', address }] }));
    this.answer(tenant.listBrands, () => ({ items: [{ id: 'brd_a', name: 'Northgrid', billingEntityId: 'ent_se', primaryColor: '#004466', accentColor: '#ffaa00' }] }));
  }

  private answer<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, reply: (request: MessageShape<I>) => MessageInitShape<O>): void {
    this.server.addHandler(rpcPattern(method), (request: MessageShape<I>) => Promise.resolve().then(() => of(create(method.output, reply(request)))));
  }

  get ports(): ServicePorts {
    if (!this.opened) throw new Error('the world is closed');
    return this.opened;
  }

  ask<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, input: MessageInitShape<I>): Promise<MessageShape<O>> {
    return this.ports.client.call(method, input);
  }

  cause(): string {
    return `req_${String(++this.causes).padStart(26, '0')}`;
  }

  agree(more: Plain<typeof commissionsV1.AgreementSchema> = {}): Promise<commissionsV1.Agreement> {
    const agreement = { partnerId: 'prt_1', basis: 'invoiced', currency: 'SEK', startDate: '2026-01-01', rates: [{ meter: '*', percentage: '10' }], ...more };
    return this.ask(svc.putAgreement, { tenantId, cause: this.cause(), agreement });
  }

  /** Tells something on a day; `name` is what makes it the same fact when it is told again. */
  async tell(day: string, what: Fact, name = `fact-${++this.told}`): Promise<void> {
    const hash = new Uint8Array(32);
    hash.set(new TextEncoder().encode(name).subarray(0, 12));
    const entry = { chain: `x/${tenantId}/${name}`, n: 1, prev: hash, hash, bookedAt: Date.parse(`${day}T12:00:00Z`), cause: name, kind: 'x', body: hash, state: hash };
    await publishFacts(this.ports.bus, tenantId, entry, [what]);
  }

  invoice(day: string, id: string, net: string, partnerId = 'prt_1', name?: string): Promise<void> {
    const line = { number: 1, device: 'dev-1', meter: 'energy', net, partnerId };
    const value = create(invoicingV1.InvoiceSchema, { id, kind: 'invoice', number: `SE-${id}`, issueDate: day, currency: 'SEK', total: String(Number(net) * 1.25), net, lines: [line] });
    return this.tell(day, { case: 'invoiceIssued', value }, name);
  }

  credit(day: string, invoiceId: string, net: string): Promise<void> {
    const lines = [{ number: 1, corrects: 1, net: `-${net}` }];
    const value = create(invoicingV1.InvoiceSchema, { id: `crn_${invoiceId}`, kind: 'credit_note', correctsId: invoiceId, currency: 'SEK', total: String(Number(net) * -1.25), lines });
    return this.tell(day, { case: 'creditNoteIssued', value });
  }

  pay(day: string, invoiceId: string, amount: string, name?: string): Promise<void> {
    const payment = create(receivablesV1.PaymentSchema, { id: `pay_${day}`, currency: 'SEK', amount, allocations: [{ invoiceId, amount }] });
    return this.tell(day, { case: 'paymentReceived', value: { payment } }, name);
  }

  async caughtUp(): Promise<void> {
    for (const group of ['commissions', 'spec']) await factsCaughtUp(this.ports.bus, timers, group);
  }

  async account(partnerId = 'prt_1'): Promise<commissionsV1.PartnerAccountPage> {
    await this.caughtUp();
    return this.ask(svc.getPartnerAccount, { tenantId, partnerId, limit: 100 });
  }

  async dayComes(day: string): Promise<Readonly<Record<string, number>>> {
    this.now = Date.parse(`${day}T00:00:00Z`);
    return (await this.ask(svc.runDue, { tenantId, now: toRfc3339(this.now) })).done;
  }

  /** Statements with their lines, the oldest first. */
  async statements(): Promise<commissionsV1.PartnerStatement[]> {
    const { items } = await this.ask(svc.listStatements, { tenantId, limit: 100 });
    const whole = await Promise.all(items.map(({ id }) => this.ask(svc.getStatement, { tenantId, id })));
    return whole.sort((a, b) => (a.month < b.month ? -1 : 1));
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
