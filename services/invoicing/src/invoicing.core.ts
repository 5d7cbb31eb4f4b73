import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap, Inject } from '@nestjs/common';
import { ChainWriter, Rounds, sweepEveryMs } from '@tollkeeper/chain-kit';
import { SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import type { Subscription } from '@tollkeeper/ports';
import { invoiceClosedAccounts } from './events/invoice-closed-account.js';
import { type InvoicingViews, openInvoicingViews } from './store/views.js';
import { DueCharges } from './usecases/due-charges.js';
import { DocumentIssuer } from './usecases/issue-document.js';
import { UnbilledCharges } from './usecases/unbilled-charges.js';
import { type BillRunPorts, BillRuns } from './usecases/run-bill-run.js';

/** The parts of invoicing, put together once from the ports of the composition. */
@Injectable()
export class InvoicingCore implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly views: InvoicingViews;
  readonly writer: ChainWriter;
  readonly issuer: DocumentIssuer;
  readonly due: DueCharges;
  readonly billRuns: BillRuns;
  readonly billRunPorts: BillRunPorts;
  private readonly logger = new Logger('invoicing');
  private facts: Subscription | undefined;
  /** Finishes what a crash left, at the start and from time to time. */
  private readonly sweeps: Rounds;

  constructor(@Inject(SERVICE_PORTS) private readonly ports: ServicePorts) {
    this.views = openInvoicingViews(ports.views);
    this.writer = new ChainWriter({
      ...ports,
      onFollowUpFailed: (entry, error) => this.logger.error(`follow-up of ${entry.chain}#${entry.n} failed and will be tried again: ${String(error)}`),
    });
    this.issuer = new DocumentIssuer({ writer: this.writer, views: this.views, bus: ports.bus, client: ports.client });
    this.due = new DueCharges({ writer: this.writer, chains: ports.chains, views: this.views, client: ports.client, issuer: this.issuer });
    this.billRunPorts = {
      writer: this.writer,
      views: this.views,
      client: ports.client,
      issuer: this.issuer,
      unbilled: new UnbilledCharges(this.writer),
      due: this.due,
      timers: ports.timers,
      onStopped: (id, error) => this.logger.error(`bill run ${id} stopped and will be resumed: ${String(error)}`),
    };
    this.billRuns = new BillRuns(this.billRunPorts);
    const sweep = async () => {
      await this.writer.sweep();
      await this.billRuns.resume();
    };
    this.sweeps = new Rounds(ports.timers, sweepEveryMs, sweep, (error) =>
      this.logger.error(`sweeping failed and will be tried again: ${String(error)}`),
    );
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.sweeps.start();
    this.facts = invoiceClosedAccounts({
      bus: this.ports.bus,
      due: this.due,
      onFailed: (fact, error) => this.logger.error(`invoicing ${fact.chain}#${fact.n} failed: ${String(error)}`),
    });
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.facts?.stop();
    await this.sweeps.stop();
    await this.billRuns.stop();
    await this.writer.settle();
  }
}
