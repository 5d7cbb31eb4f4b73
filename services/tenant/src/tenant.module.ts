import {
  type BeforeApplicationShutdown,
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
} from '@nestjs/common';
import type { ServicePorts } from '@tollkeeper/nest-kit';
import { ClocksController } from './clocks/clocks.controller.js';
import { RunDueTimer } from './clocks/run-due-timer.js';
import { loadTestClocks, TestClocks } from './clocks/test-clocks.js';
import type { ContractState } from './contracts/contract.js';
import { ContractApplier } from './contracts/contract-applier.js';
import { ContractsController } from './contracts/contracts.controller.js';
import { DevicesController } from './devices/devices.controller.js';
import { KeysController } from './keys/keys.controller.js';
import { PartiesController } from './parties/parties.controller.js';
import { SellersController } from './parties/sellers.controller.js';
import { chainName } from './shell/chains.js';
import { registerFollowUps } from './shell/follow-ups.js';
import { FollowedWriter, textOf } from './shell/followed-writer.js';
import { TENANT_CONTEXT, type TenantContext, type TenantServiceOptions } from './shell/tenant-context.js';
import { openViews } from './shell/views.js';
import { TenantsController } from './tenants/tenants.controller.js';
import { HttpWebhookSender, WEBHOOK_SENDER, type WebhookSender } from './webhooks/webhook-sender.js';
import { Webhooks } from './webhooks/webhooks.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';

const logger = new Logger('tenant');
const warn = (text: string): void => logger.warn(text);

@Module({
  controllers: [
    TenantsController,
    KeysController,
    SellersController,
    PartiesController,
    DevicesController,
    ContractsController,
    ClocksController,
    WebhooksController,
  ],
})
export class TenantModule implements OnModuleInit, OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly dueTimer: RunDueTimer;
  private resuming: Promise<void> = Promise.resolve();

  constructor(
    @Inject(TENANT_CONTEXT) private readonly context: TenantContext,
    @Inject(TestClocks) private readonly clocks: TestClocks,
    @Inject(Webhooks) private readonly webhooks: Webhooks,
  ) {
    this.dueTimer = new RunDueTimer(context, warn);
    registerFollowUps(context, webhooks.book);
  }

  static forRoot(ports: ServicePorts, options: TenantServiceOptions): DynamicModule {
    return {
      module: TenantModule,
      providers: [
        { provide: TENANT_CONTEXT, useValue: contextOf(ports, options) },
        { provide: TestClocks, useFactory: (context: TenantContext) => new TestClocks(context), inject: [TENANT_CONTEXT] },
        { provide: WEBHOOK_SENDER, useFactory: () => new HttpWebhookSender(options.webhookTargets ?? 'loopback') },
        {
          provide: Webhooks,
          useFactory: (context: TenantContext, sender: WebhookSender) => new Webhooks(context, sender, warn),
          inject: [TENANT_CONTEXT, WEBHOOK_SENDER],
        },
      ],
      exports: [TENANT_CONTEXT],
    };
  }

  /** Before any service begins its work: a sandbox's present moment must be known before something is booked in it. */
  async onModuleInit(): Promise<void> {
    await loadTestClocks(this.context.ports);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.webhooks.start();
    await this.context.writer.start();
    this.dueTimer.start();
    // Other services may still be starting, and an advance can take long: nobody waits for it.
    this.resuming = this.clocks
      .resume((tenantId, error) => warn(`the test clock of ${tenantId} stopped on its way: ${textOf(error)}`))
      .catch((error: unknown) => {
        warn(`test clocks cannot be resumed: ${textOf(error)}`);
      });
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.clocks.stop();
    await Promise.all([this.dueTimer.stop(), this.webhooks.stop(), this.resuming]);
    await this.context.writer.stop();
  }
}

function contextOf(ports: ServicePorts, options: TenantServiceOptions): TenantContext {
  if (options.installationSecret.length < 32) throw new Error('the installation secret has fewer than 32 bytes');
  const writer = new FollowedWriter(ports, warn);
  const contractNow = (tenantId: string, id: string) => writer.state<ContractState>(chainName('contract', tenantId, id));
  return { ports, options, writer, views: openViews(ports.views), applier: new ContractApplier(ports, contractNow) };
}
