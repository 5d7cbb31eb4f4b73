import { type BeforeApplicationShutdown, Inject, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { ChainWriter } from '@tollkeeper/chain-kit';
import { consumeInOrder, SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import type { Subscription } from '@tollkeeper/ports';
import { bookDocument } from './events/book-documents.js';
import { openReceivablesViews, type ReceivablesViews } from './store/views.js';
import { CustomerAccounts } from './usecases/account-entries.js';
import { policyDocument } from './usecases/put-dunning-policy.js';
import { Payments } from './usecases/receive-payment.js';

const sweepEveryMs = 30_000;

/** The parts of receivables, put together once from the ports of the composition. */
@Injectable()
export class ReceivablesCore implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly views: ReceivablesViews;
  readonly writer: ChainWriter;
  readonly accounts: CustomerAccounts;
  readonly payments: Payments;
  private readonly logger = new Logger('receivables');
  private facts: Subscription | undefined;
  private cancelSweep: (() => void) | undefined;
  private sweeping: Promise<void> = Promise.resolve();
  private stopped = false;

  constructor(@Inject(SERVICE_PORTS) private readonly ports: ServicePorts) {
    this.views = openReceivablesViews(ports.views);
    this.writer = new ChainWriter({
      ...ports,
      onFollowUpFailed: (entry, error) => this.logger.error(`follow-up of ${entry.chain}#${entry.n} failed and will be tried again: ${String(error)}`),
    });
    this.writer.follow('dunning-policy/', (entry) => this.views.policies.put([policyDocument(entry)]));
    this.accounts = new CustomerAccounts(this.writer, this.views, ports.bus);
    this.payments = new Payments(this.writer, this.views, this.accounts, ports.client);
  }

  async onApplicationBootstrap(): Promise<void> {
    this.sweeping = this.sweep();
    await this.sweeping;
    this.facts = consumeInOrder({
      bus: this.ports.bus,
      group: 'receivables',
      // A credit note must not overtake its invoice.
      handle: (fact) => bookDocument(this.accounts, fact),
      onFailed: (fact, error) => this.logger.error(`booking ${fact.chain}#${fact.n} failed and will be tried again: ${String(error)}`),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.cancelSweep?.();
    await this.facts?.stop();
    await this.sweeping;
    await this.writer.settle();
  }

  /** Finishes what a crash left, and looks again from time to time. */
  private async sweep(): Promise<void> {
    try {
      await this.writer.sweep();
    } catch (error) {
      this.logger.error(`sweeping failed and will be tried again: ${String(error)}`);
    }
    if (this.stopped) return;
    this.cancelSweep = this.ports.timers.after(sweepEveryMs, () => {
      this.sweeping = this.sweep();
    });
  }
}
