import type { tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { notFound } from '../shell/chains.js';
import { textOf } from '../shell/followed-writer.js';
import { instanceOf, type TenantContext } from '../shell/tenant-context.js';
import { type DeliveryDocument, toDelivery } from './delivery.js';
import { EndpointBook } from './endpoint-book.js';
import { FactIntake } from './fact-intake.js';
import { WebhookCourier } from './webhook-courier.js';
import { WebhookDispatcher } from './webhook-dispatcher.js';
import type { WebhookSender } from './webhook-sender.js';

/** The log and the bodies of deliveries are kept this long. */
const keptMs = 30 * 86_400_000;
const purgeEveryMs = 3_600_000;
const purgePage = 500;

/** Everything about webhooks that runs: facts in, deliveries out, old ones away. */
export class Webhooks {
  readonly book: EndpointBook;
  private readonly dispatcher: WebhookDispatcher;
  private readonly intake: FactIntake;
  private cancelPurge: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly context: TenantContext,
    sender: WebhookSender,
    private readonly log: (text: string) => void,
  ) {
    this.book = new EndpointBook(context);
    this.dispatcher = new WebhookDispatcher(context, new WebhookCourier(context, this.book, sender), log);
    this.intake = new FactIntake(context, this.book, this.dispatcher, log);
  }

  async start(): Promise<void> {
    await this.dispatcher.start();
    this.intake.start();
    this.purgeLater(0);
  }

  /** Sends a delivery again, now, whatever became of it, with all its attempts; an endpoint that takes it is enabled again. */
  async redeliver({ tenantId, cause, id }: tenantV1.RedeliverRequest): Promise<tenantV1.WebhookDelivery> {
    const { deliveries } = this.context.views;
    const before = await deliveries.get(id);
    if (before?.tenantId !== tenantId) throw notFound('webhook delivery', id);
    if (before.redeliverCause === cause) return toDelivery(before);
    if (!(await this.book.find(tenantId, before.endpointId)))
      throw new Problem('conflict', 'The endpoint of this delivery was deleted; there is nowhere to send it.');
    if (this.dispatcher.isOnItsWay(before))
      throw new Problem('conflict', 'This delivery is being sent right now; look at it again in a few seconds.');
    const dueAt = this.context.ports.clock.now();
    const again: DeliveryDocument = {
      ...before,
      version: before.version + 1,
      status: 'pending',
      tries: 0,
      dueAt,
      redeliverCause: cause,
      owner: instanceOf(this.context),
    };
    await deliveries.put([again]);
    this.dispatcher.offer([again]);
    return toDelivery(again);
  }

  private purgeLater(delayMs: number): void {
    if (this.stopped) return;
    this.cancelPurge = this.context.ports.timers.after(delayMs, () => {
      this.purge()
        .catch((error: unknown) => this.log(`old webhook deliveries cannot be removed: ${textOf(error)}`))
        .finally(() => this.purgeLater(purgeEveryMs));
    });
  }

  private async purge(): Promise<void> {
    const { deliveries } = this.context.views;
    const to = this.context.ports.clock.now() - keptMs;
    while (!this.stopped && to > 0) {
      const { items } = await deliveries.list({ index: 'age', equals: [], to, limit: purgePage });
      if (items.length === 0) return;
      await deliveries.remove(items.map(({ id }) => id));
    }
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelPurge?.();
    await this.intake.stop();
    await this.dispatcher.stop();
  }
}
