import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create, type MessageInitShape } from '@bufbuild/protobuf';
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import { LocalBus } from '@tollkeeper/bus-local';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { type factsV1, ratingV1, tenantV1, type usageV1, type UsageEventValue } from '@tollkeeper/contracts';
import type { Clock } from '@tollkeeper/kernel';
import { factsTopic, InProcessClient, InProcessServer, intakeTopic, ServiceClient, type ServicePorts, TenantClocks, usageTopic } from '@tollkeeper/nest-kit';
import type { Bus, ChainStore, Timers } from '@tollkeeper/ports';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { CatalogueController } from './catalogue.controller.js';
import { DeviceAccountsController } from './device-accounts.controller.js';
import { ProofController } from './proof.controller.js';
import { RatingCore } from './rating.core.js';
import type { RatingOptions } from './rating.options.js';

export const tenantId = 'ten_00000000000000000000000001';
export const march = Date.UTC(2026, 2, 1);
export const dayMs = 86_400_000;

const timers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

export interface WorldOptions {
  readonly rating?: Partial<RatingOptions>;
  /** Puts something between rating and its chain store, or its bus, to make trouble. */
  readonly chains?: (chains: ChainStore) => ChainStore;
  readonly bus?: (bus: Bus) => Bus;
}

/** Rating on the adapters of the embedded composition, in a folder of its own. */
export class RatingWorld {
  readonly outcomes: usageV1.IntakeOutcome[] = [];
  readonly facts: factsV1.Fact[] = [];
  private receipts = 0;

  private constructor(
    readonly folder: string,
    readonly ports: ServicePorts,
    readonly core: RatingCore,
    readonly chains: LevelChainStore,
  ) {}

  static async open(options: WorldOptions = {}, folder?: string): Promise<RatingWorld> {
    const at = folder ?? (await mkdtemp(join(tmpdir(), 'rating-')));
    const chains = await LevelChainStore.open({ folder: join(at, 'chains') });
    const views = await LevelViewStore.open({ folder: join(at, 'views') });
    const bus = await LocalBus.open({ folder: join(at, 'bus') });
    const clock: Clock = { now: () => Date.now() };
    const ports: ServicePorts = {
      chains: options.chains?.(chains) ?? chains,
      views,
      bus: options.bus?.(bus) ?? bus,
      actors: new LocalActorHost(),
      timers,
      clock,
      clocks: new TenantClocks(clock),
      randomness: { bytes: (count) => new Uint8Array(count) },
      client: new ServiceClient(new InProcessClient(new InProcessServer())),
    };
    ports.clocks.advance(tenantId, march + 10 * dayMs);
    const core = new RatingCore(ports, { usagePartitions: 2, pageMs: 5, ...options.rating });
    const world = new RatingWorld(at, ports, core, chains);
    bus.subscribe(intakeTopic, { group: 'test', maxInFlight: 1000 }, (deliveries) => {
      for (const delivery of deliveries) {
        world.outcomes.push(delivery.value);
        delivery.ack();
      }
    });
    bus.subscribe(factsTopic, { group: 'test', maxInFlight: 1000 }, (deliveries) => {
      for (const delivery of deliveries) {
        world.facts.push(delivery.value);
        delivery.ack();
      }
    });
    await core.onApplicationBootstrap();
    return world;
  }

  get catalogue(): CatalogueController {
    return new CatalogueController(this.core);
  }

  get accounts(): DeviceAccountsController {
    return new DeviceAccountsController(this.core);
  }

  get proof(): ProofController {
    return new ProofController(this.core);
  }

  async close(): Promise<void> {
    await this.core.beforeApplicationShutdown();
    await this.ports.actors.close();
    await this.ports.bus.close();
    await this.ports.views.close();
    await this.chains.close();
  }

  async remove(): Promise<void> {
    await this.close();
    await rm(this.folder, { recursive: true });
  }

  /** A sum meter `energy` at 0.25 SEK, a count meter `session` at 2 SEK a piece. */
  async prices(of: { unitPrice?: string; effectiveFrom?: string; list?: string; cause?: string; catalogue?: CatalogueController } = {}): Promise<void> {
    const { unitPrice = '0.25', effectiveFrom = '', list = 'public', catalogue = this.catalogue } = of;
    const { cause = `req_${unitPrice}${effectiveFrom}` } = of;
    for (const [code, aggregation, unit] of [['energy', 'sum', 'kWh'], ['session', 'count', 'session']] as const) {
      await catalogue.putMeter(create(ratingV1.PutMeterRequestSchema, { tenantId, cause: `${cause}/${code}`, meter: { code, aggregation, unit, name: code } }));
    }
    const price = (meter: string, amount: string) => ({ meter, price: { model: 'per_unit', unitPrice: amount } });
    const versions = [{ effectiveFrom, prices: [price('energy', unitPrice), price('session', '2')] }];
    const priceList = { code: list, name: 'Public', currency: 'SEK', versions };
    await catalogue.putPriceList(create(ratingV1.PutPriceListRequestSchema, { tenantId, cause, priceList }));
  }

  async contract(devices: readonly string[], terms: MessageInitShape<typeof ratingV1.DeviceTermsSchema> = {}): Promise<void> {
    const base = {
      customerId: 'cus_1',
      contractId: 'con_1',
      contractVersion: 1,
      currency: 'SEK',
      timeZone: 'Europe/Stockholm',
      period: 'monthly',
      priceLists: ['public'],
      startDate: '2026-01-01',
    };
    const messages = devices.map((reference) => create(ratingV1.DeviceTermsSchema, { ...base, deviceId: `dev_${reference}`, reference, ...terms }));
    await this.accounts.applyContract(create(ratingV1.ApplyContractRequestSchema, { tenantId, cause: 'contract', devices: messages }));
  }

  event(change: Partial<UsageEventValue> = {}): UsageEventValue {
    const time = march + 5 * dayMs;
    return { id: 'e1', source: 'hall', device: 'D1', meter: 'energy', time, quantity: '4', key: '', dimensions: undefined, receiptId: '', ordinal: 0, ...change };
  }

  /** Publishes events as one batch, without waiting. Ordinals count from 0. */
  async publish(events: readonly UsageEventValue[], receiptId = `rcp_${++this.receipts}`): Promise<string> {
    const value = { tenantId, receiptId, part: 'p0', receivedMs: this.ports.clocks.now(tenantId), events: events.map((event, ordinal) => ({ ...event, receiptId, ordinal })) };
    await this.ports.bus.publish(usageTopic(2), 0, [{ id: receiptId, value }]);
    return receiptId;
  }

  /** Publishes events and waits until their batch has ended: `3 booked, 1 duplicate, 0 quarantined`. */
  async send(events: readonly UsageEventValue[], receiptId?: string): Promise<string> {
    const before = this.outcomes.length;
    const receipt = await this.publish(events, receiptId);
    const outcome = await until(() => this.outcomes.slice(before).find((one) => one.receiptId === receipt));
    return summary(outcome);
  }

  account(device = 'D1'): Promise<ratingV1.DeviceAccount> {
    return this.accounts.getDeviceAccount(create(tenantV1.GetRequestSchema, { tenantId, id: device }));
  }

  closeAccounts(change: MessageInitShape<typeof ratingV1.CloseAccountsRequestSchema> = {}): Promise<ratingV1.CloseAccountsReply> {
    const base = { tenantId, cause: 'run_1', customerId: 'cus_1', currency: 'SEK', until: '2026-03-31T22:00:00Z' };
    return this.accounts.closeAccounts(create(ratingV1.CloseAccountsRequestSchema, { ...base, ...change }));
  }
}

export function summary(outcome: usageV1.IntakeOutcome): string {
  const sum = (of: (count: usageV1.MeterCount) => number) => outcome.counts.reduce((total, count) => total + of(count), 0);
  return `${sum((c) => c.booked)} booked, ${sum((c) => c.duplicate)} duplicate, ${sum((c) => c.quarantined)} quarantined`;
}

/** Waits for a value; a scenario that waits longer than five seconds has gone wrong. */
export async function until<T>(look: () => T | undefined | Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 1000; tries++) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  throw new Error('it did not happen within five seconds');
}
