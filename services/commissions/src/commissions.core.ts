import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ChainWriter, Rounds, sweepEveryMs } from '@tollkeeper/chain-kit';
import { consumeInOrder, SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import type { Subscription } from '@tollkeeper/ports';
import { shareOnFact } from './events/share-on-facts.js';
import { type CommissionsViews, openCommissionsViews } from './store/views.js';
import { documentOf } from './usecases/put-agreement.js';
import { RevenueSharing } from './usecases/share-revenue.js';
import { PartnerStatements } from './usecases/state-month.js';

/** The parts of commissions, put together once from the ports of the composition. */
@Injectable()
export class CommissionsCore implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly views: CommissionsViews;
  readonly writer: ChainWriter;
  readonly sharing: RevenueSharing;
  readonly statements: PartnerStatements;
  private readonly logger = new Logger('commissions');
  private facts: Subscription | undefined;
  /** Finishes what a crash left, at the start and from time to time. */
  private readonly sweeps: Rounds;

  constructor(@Inject(SERVICE_PORTS) private readonly ports: ServicePorts) {
    this.views = openCommissionsViews(ports.views);
    this.writer = new ChainWriter({
      ...ports,
      onFollowUpFailed: (entry, error) => this.logger.error(`follow-up of ${entry.chain}#${entry.n} failed and will be tried again: ${String(error)}`),
    });
    this.writer.follow('agreement/', (entry) => this.views.agreements.put([documentOf(entry)]));
    this.sharing = new RevenueSharing(this.writer, this.views);
    this.statements = new PartnerStatements({ writer: this.writer, views: this.views, chains: ports.chains, bus: ports.bus });
    this.sweeps = new Rounds(ports.timers, sweepEveryMs, () => this.writer.sweep(), (error) =>
      this.logger.error(`sweeping failed and will be tried again: ${String(error)}`),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.sweeps.start();
    this.facts = consumeInOrder({
      bus: this.ports.bus,
      group: 'commissions',
      handle: (fact) => shareOnFact(this.sharing, fact),
      onFailed: (fact, error) => this.logger.error(`sharing ${fact.chain}#${fact.n} failed and will be tried again: ${String(error)}`),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.facts?.stop();
    await this.sweeps.stop();
    await this.writer.settle();
  }
}
