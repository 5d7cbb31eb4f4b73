import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ChainWriter, Rounds, sweepEveryMs } from '@tollkeeper/chain-kit';
import { consumeInOrder, SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import type { Subscription } from '@tollkeeper/ports';
import { bookDocument } from './events/book-documents.js';
import { openReceivablesViews, type ReceivablesViews } from './store/views.js';
import { CustomerAccounts } from './usecases/account-entries.js';
import { policyDocument } from './usecases/put-dunning-policy.js';
import { Payments } from './usecases/receive-payment.js';

/** The parts of receivables, put together once from the ports of the composition. */
@Injectable()
export class ReceivablesCore implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly views: ReceivablesViews;
  readonly writer: ChainWriter;
  readonly accounts: CustomerAccounts;
  readonly payments: Payments;
  private readonly logger = new Logger('receivables');
  private facts: Subscription | undefined;
  /** Finishes what a crash left, at the start and from time to time. */
  private readonly sweeps: Rounds;

  constructor(@Inject(SERVICE_PORTS) private readonly ports: ServicePorts) {
    this.views = openReceivablesViews(ports.views);
    this.writer = new ChainWriter({
      ...ports,
      onFollowUpFailed: (entry, error) => this.logger.error(`follow-up of ${entry.chain}#${entry.n} failed and will be tried again: ${String(error)}`),
    });
    this.writer.follow('dunning-policy/', (entry) => this.views.policies.put([policyDocument(entry)]));
    this.accounts = new CustomerAccounts(this.writer, this.views, ports.bus, ports.chains);
    this.payments = new Payments(this.writer, this.views, this.accounts, ports.client);
    this.sweeps = new Rounds(ports.timers, sweepEveryMs, () => this.writer.sweep(), (error) =>
      this.logger.error(`sweeping failed and will be tried again: ${String(error)}`),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.sweeps.start();
    this.facts = consumeInOrder({
      bus: this.ports.bus,
      group: 'receivables',
      handle: (fact) => bookDocument(this.accounts, fact),
      onFailed: (fact, error) => this.logger.error(`booking ${fact.chain}#${fact.n} failed and will be tried again: ${String(error)}`),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.facts?.stop();
    await this.sweeps.stop();
    await this.writer.settle();
  }
}
