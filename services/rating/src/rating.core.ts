import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ChainWriter } from '@tollkeeper/chain-kit';
import { decodeUsageBatch, type UsageBatchValue } from '@tollkeeper/contracts';
import { SERVICE_PORTS, type ServicePorts, usageTopic } from '@tollkeeper/nest-kit';
import type { Subscription, Topic, View } from '@tollkeeper/ports';
import { AccountFollowUp } from './actors/account-follow-up.js';
import { AccountStore, deviceChainPrefix } from './actors/account-store.js';
import { DeviceAccountActor } from './actors/device-account.actor.js';
import { bookContract } from './actors/device-account.contract.js';
import { Catalogues } from './catalogue/catalogues.js';
import { blockDevices } from './events/block-devices.js';
import { UsageConsumer } from './events/book-usage.js';
import { SettledUsage } from './events/settled-usage.js';
import { FingerprintTables } from './identity/fingerprint-table.js';
import { IdentityLog } from './identity/identity-log.js';
import { RecentPages } from './pages/recent-pages.js';
import { bookOptionsOf, defaultEarlyWindowMs, defaultIdentityCacheBytes, defaultLateWindowMs, defaultMaxCachedAccounts, defaultRecentPagesBytes, type RatingOptions } from './rating.options.js';
import { type CatalogueDocument, metersView, priceListsView, toCatalogueDocument } from './store/catalogue.views.js';
import { type DeviceAccountDocument, deviceAccountsView } from './store/device-accounts.view.js';

/** Injection token of the options of this service. */
export const RATING_OPTIONS = Symbol('RatingOptions');

const sweepEveryMs = 30_000;

/** The parts of rating, put together once from the ports of the composition. */
@Injectable()
export class RatingCore implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly catalogues: Catalogues;
  readonly writer: ChainWriter;
  readonly accounts: AccountStore;
  readonly usage: UsageConsumer;
  readonly settledUsage: SettledUsage;
  readonly lateWindowMs: number;
  readonly views: {
    readonly meters: View<CatalogueDocument>;
    readonly priceLists: View<CatalogueDocument>;
    readonly devices: View<DeviceAccountDocument>;
  };
  private readonly followUps: AccountFollowUp;
  private readonly logger = new Logger('rating');
  private blocks: Subscription | undefined;
  private cancelSweep: (() => void) | undefined;

  constructor(
    @Inject(SERVICE_PORTS) readonly ports: ServicePorts,
    @Inject(RATING_OPTIONS) private readonly options: RatingOptions,
  ) {
    const { chains, views, actors, bus, timers, clock, clocks } = ports;
    this.views = {
      meters: views.view<CatalogueDocument>(metersView),
      priceLists: views.view<CatalogueDocument>(priceListsView),
      devices: views.view<DeviceAccountDocument>(deviceAccountsView),
    };
    this.catalogues = new Catalogues(chains, clock);
    this.writer = new ChainWriter({ chains, views, timers, onFollowUpFailed: (entry, error) => this.failed(`follow-up of ${entry.chain}#${entry.n}`, error) });
    this.writer.follow('catalogue/', (entry) => {
      const view = entry.kind === 'meter_put' ? this.views.meters : this.views.priceLists;
      return view.put([toCatalogueDocument(entry)]);
    });
    this.lateWindowMs = options.lateWindowMs ?? defaultLateWindowMs;
    this.accounts = new AccountStore(chains, options.maxCachedAccounts ?? defaultMaxCachedAccounts);
    const tables = new FingerprintTables(options.identityCacheBytes ?? defaultIdentityCacheBytes);
    const recent = new RecentPages(chains, options.recentPagesBytes ?? defaultRecentPagesBytes);
    const actor = new DeviceAccountActor({
      chains,
      accounts: this.accounts,
      identity: new IdentityLog(recent, tables, this.lateWindowMs),
      recent,
      window: { lateMs: this.lateWindowMs, earlyMs: options.earlyWindowMs ?? defaultEarlyWindowMs },
      now: (tenantId) => clocks.now(tenantId),
      catalogue: (tenantId) => this.catalogues.current(tenantId),
      newestCatalogue: (tenantId) => this.catalogues.newest(tenantId),
    });
    const onFailed = (error: unknown) => this.failed('a follow-up of device accounts', error);
    const closeAtThreshold = actor.closeAtThreshold.bind(actor);
    this.followUps = new AccountFollowUp({ bus, chains, views, view: this.views.devices, timers, closeAtThreshold, onFailed });
    actor.register(actors, this.followUps);
    this.usage = new UsageConsumer({ bus, actors, timers, clock, onFailed: (error) => this.failed('booking usage', error) }, bookContract, bookOptionsOf(options));
    this.settledUsage = new SettledUsage(ports, this.usage, usageTopic(options.usagePartitions));
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.sweep();
    this.usage.start(tolerant(usageTopic(this.options.usagePartitions), (error) => this.failed('a usage batch that cannot be read', error)));
    this.blocks = blockDevices(this.ports, (error) => this.failed('blocking a device', error));
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.cancelSweep?.();
    await this.blocks?.stop();
    await this.usage.stop();
    await this.followUps.settle();
    await this.writer.settle();
  }

  /** Finishes what a crash left, and looks again from time to time. */
  private async sweep(): Promise<void> {
    try {
      await this.writer.sweep();
      await this.followUps.sweep(deviceChainPrefix);
    } catch (error) {
      this.failed('sweeping', error);
    }
    this.cancelSweep = this.ports.timers.after(sweepEveryMs, () => void this.sweep());
  }

  private failed(what: string, error: unknown): void {
    this.logger.error(`${what} failed and is tried again: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}

/** A message that cannot be read must not hold up those behind it: it becomes an empty batch, which is acknowledged and told. */
function tolerant(topic: Topic<UsageBatchValue>, onUnreadable: (error: unknown) => void): Topic<UsageBatchValue> {
  return {
    ...topic,
    decode: (bytes) => {
      try {
        return decodeUsageBatch(bytes);
      } catch (error) {
        onUnreadable(error);
        return { tenantId: '', receiptId: '', part: '', receivedMs: 0, events: [] };
      }
    },
  };
}
