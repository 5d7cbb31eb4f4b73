import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type DescMessage, type DescMethodUnary, type MessageInitShape, type MessageShape } from '@bufbuild/protobuf';
import type { INestMicroservice } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { LocalBus } from '@tollkeeper/bus-local';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { type factsV1, invoicingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { factsCaughtUp, factsTopic, InProcessClient, InProcessServer, publishFacts, rpcPattern, ServiceClient, type ServicePorts, TenantClocks } from '@tollkeeper/nest-kit';
import type { ActorHost, Timers } from '@tollkeeper/ports';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { of } from 'rxjs';
import { ReceivablesModule } from './receivables.module.js';

export const svc: typeof receivablesV1.ReceivablesService.method = receivablesV1.ReceivablesService.method;
export const tenantId = 'ten_a';

type Plain<D extends DescMessage> = Extract<MessageInitShape<D>, { readonly $typeName?: never }>;

export function entityOf(id = 'ent_se', more: Plain<typeof tenantV1.BillingEntitySchema> = {}): Plain<typeof tenantV1.BillingEntitySchema> {
  return { id, name: 'Northgrid AB', currency: 'SEK', series: 'SE', bankgiro: '991-2346', timeZone: 'Europe/Stockholm', address: { country: 'SE' }, ...more };
}

/** Tenant and invoicing as receivables sees them. */
class Neighbours {
  readonly customers = new Set(['cus_1', 'cus_2']);
  readonly entities = [entityOf()];
  readonly invoices = new Map<string, invoicingV1.Invoice>();

  customer(tenant: string, id: string): string {
    if (tenant !== tenantId || !this.customers.has(id)) throw new Problem('not_found', `There is no customer ${id}.`);
    return id;
  }

  entity(tenant: string, id: string): Plain<typeof tenantV1.BillingEntitySchema> {
    const found = this.entities.find((one) => one.id === id);
    if (tenant !== tenantId || !found) throw new Problem('not_found', `There is no billing entity ${id}.`);
    return found;
  }

  invoice(tenant: string, id: string): invoicingV1.Invoice {
    const found = this.invoices.get(id);
    if (tenant !== tenantId || !found) throw new Problem('not_found', `There is no invoice ${id}.`);
    return found;
  }
}

const noActors: ActorHost = {
  register: () => undefined,
  onDeactivate: () => undefined,
  callMany: () => Promise.reject(new Error('receivables has no actors')),
  call: () => Promise.reject(new Error('receivables has no actors')),
  close: () => Promise.resolve(),
};

const timers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

/** The receivables service on real stores in a folder of its own, between neighbours that a scenario arranges. */
export class ReceivablesWorld {
  readonly neighbours = new Neighbours();
  readonly facts: factsV1.Fact[] = [];
  now = Date.parse('2026-03-02T08:00:00Z');
  private app: INestMicroservice | undefined;
  private opened: ServicePorts | undefined;
  private server = new InProcessServer();
  private causes = 0;

  private constructor(readonly folder: string) {}

  static async open(): Promise<ReceivablesWorld> {
    const world = new ReceivablesWorld(await mkdtemp(join(tmpdir(), 'receivables-world-')));
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
    this.app = await NestFactory.createMicroservice(ReceivablesModule.forRoot(ports), { strategy: this.server, logger: false });
    await this.app.listen();
  }

  private arrangeNeighbours(): void {
    const { neighbours } = this;
    const tenant = tenantV1.TenantService.method;
    this.answer(tenant.getCustomer, ({ tenantId: of, id }) => ({ id: neighbours.customer(of, id) }));
    this.answer(tenant.getBillingParty, ({ tenantId: of, id }) => ({ customer: { id: neighbours.customer(of, id) }, billingEntity: neighbours.entities[0] }));
    this.answer(tenant.getBillingEntity, ({ tenantId: of, id }) => neighbours.entity(of, id));
    this.answer(tenant.listBillingEntities, () => ({ items: neighbours.entities }));
    this.answer(tenant.getBrand, ({ id }) => ({ id, name: 'Northgrid', billingEntityId: 'ent_se', primaryColor: '#004466', accentColor: '#ffaa00' }));
    this.answer(invoicingV1.InvoicingService.method.getInvoice, ({ tenantId: of, id }) => neighbours.invoice(of, id));
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

  /** An issued document is told; the same one, told again, is the same fact. */
  async issue(document: Plain<typeof invoicingV1.InvoiceSchema> & { readonly id: string }): Promise<invoicingV1.Invoice> {
    const issued = await this.announce(document);
    await this.caughtUp();
    return issued;
  }

  /** Tells of a document, and does not wait until it is booked. */
  async announce(document: Plain<typeof invoicingV1.InvoiceSchema> & { readonly id: string }): Promise<invoicingV1.Invoice> {
    const whole = create(invoicingV1.InvoiceSchema, {
      kind: 'invoice',
      customerId: 'cus_1',
      billingEntityId: 'ent_se',
      brandId: 'brd_a',
      currency: 'SEK',
      issueDate: '2026-03-02',
      dueDate: '2026-04-01',
      net: '100.00',
      tax: '25.00',
      rounding: '0',
      total: '125.00',
      language: 'sv',
      seller: { id: 'ent_se', name: 'Northgrid AB', address: { line1: 'Storgatan 1', postalCode: '111 22', city: 'Stockholm', country: 'SE' } },
      ...document,
    });
    this.neighbours.invoices.set(whole.id, whole);
    const hash = new Uint8Array(32);
    hash.set(new TextEncoder().encode(whole.id).subarray(0, 12));
    const chain = `series/${tenantId}/ent_se/2026`;
    const entry = { chain, n: 1, prev: hash, hash, bookedAt: this.now, cause: whole.id, kind: 'issued', body: hash, state: hash };
    await publishFacts(this.ports.bus, tenantId, entry, [{ case: whole.kind === 'invoice' ? 'invoiceIssued' : 'creditNoteIssued', value: whole }]);
    return whole;
  }

  async caughtUp(): Promise<void> {
    for (const group of ['receivables', 'spec']) await factsCaughtUp(this.ports.bus, timers, group);
  }

  pay(payment: Plain<typeof receivablesV1.PaymentSchema>, cause = this.cause()): Promise<receivablesV1.Payment> {
    return this.ask(svc.addPayment, { tenantId, cause, payment: { currency: 'SEK', ...payment } });
  }

  account(customerId = 'cus_1', currency = ''): Promise<receivablesV1.CustomerAccount> {
    return this.ask(svc.getCustomerAccount, { tenantId, customerId, currency });
  }

  /** The day comes; answers what was done. */
  async dayComes(day: string): Promise<Readonly<Record<string, number>>> {
    this.now = Date.parse(`${day}T08:00:00Z`);
    return (await this.ask(svc.runDue, { tenantId, now: `${day}T08:00:00.000Z` })).done;
  }

  /** Names of the facts told, `case:device` for blocks. */
  async told(): Promise<string[]> {
    await this.caughtUp();
    return this.facts.flatMap(({ what }) => {
      if (what.case === 'deviceBlockRequested' || what.case === 'deviceUnblockRequested') return [`${what.case}:${what.value.device}`];
      return what.case === 'invoiceIssued' || what.case === 'creditNoteIssued' ? [] : [String(what.case)];
    });
  }

  /** Every currency sums to zero. */
  async trialBalance(): Promise<Record<string, number>> {
    const { items } = await this.ask(svc.getTrialBalance, { tenantId });
    const sums: Record<string, number> = {};
    for (const { currency, balance } of items) sums[currency] = Math.round(((sums[currency] ?? 0) + Number(balance)) * 100) / 100;
    return sums;
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
