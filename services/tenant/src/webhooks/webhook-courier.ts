import type { Instant } from '@tollkeeper/kernel';
import { Webhook } from 'standardwebhooks';
import { instanceOf, type TenantContext } from '../shell/tenant-context.js';
import { disableEndpoint, enableEndpoint } from './change-endpoint.js';
import { afterAttempt, type DeliveryDocument, dueHere, isSuccess, mostAttempts, waitAfter } from './delivery.js';
import { endpointSecret, type EndpointState, hasSecret } from './endpoint.js';
import type { EndpointBook } from './endpoint-book.js';
import type { SendOutcome, WebhookSender } from './webhook-sender.js';

/** The endpoint says that it is gone and wants nothing more (RFC 9110, 15.5.11). */
const gone = 410;

/** Makes one attempt at a delivery, writes it to the log, and notices when an endpoint is beyond hope or well again. */
export class WebhookCourier {
  private stopped = false;

  constructor(
    private readonly context: TenantContext,
    private readonly book: EndpointBook,
    private readonly sender: WebhookSender,
  ) {}

  /** `stale`: the document may be older than the store's. Answers when the next attempt is due, if there is one. */
  async deliver(offered: DeliveryDocument, stale: boolean): Promise<Instant | undefined> {
    const { clock, randomness } = this.context.ports;
    const found = stale ? await this.context.views.deliveries.get(offered.id) : offered;
    const dueAt = found && dueHere(found, instanceOf(this.context));
    if (!found || dueAt === undefined) return undefined;
    if (dueAt > clock.now()) return dueAt;
    const document = await this.own(found);
    const endpoint = await this.book.find(document.tenantId, document.endpointId);
    const hopeless = this.whyNot(document, endpoint);
    if (!endpoint || hopeless !== undefined) return this.giveUp(document, hopeless ?? '');
    const outcome = await this.send(document, endpoint);
    // What the end of the process cut off is not the endpoint's failure: it stays due.
    if (this.stopped && !isSuccess(outcome)) return undefined;
    const waitMs = waitAfter(document.tries + 1, randomness);
    const final = endpoint.disabledReason !== undefined || isGone(outcome);
    const after = afterAttempt(document, outcome, { now: clock.now(), waitMs, final });
    await this.context.views.deliveries.put([after]);
    await this.draw(endpoint, after, outcome);
    return after.dueAt;
  }

  /** Takes over what another process, or this one before it was started anew, did not send. */
  private async own(document: DeliveryDocument): Promise<DeliveryDocument> {
    const owner = instanceOf(this.context);
    if (document.owner === owner) return document;
    const taken = { ...document, version: document.version + 1, owner };
    await this.context.views.deliveries.put([taken]);
    return taken;
  }

  private whyNot(document: DeliveryDocument, endpoint: EndpointState | undefined): string | undefined {
    if (!endpoint) return 'The endpoint was deleted.';
    if (endpoint.disabledReason !== undefined && document.redeliverCause === undefined)
      return `The endpoint is disabled: ${endpoint.disabledReason}`;
    const secret = endpointSecret(this.context.options.installationSecret, endpoint.tenantId, endpoint.id);
    return hasSecret(endpoint, secret)
      ? undefined
      : 'The installation’s secret was replaced, so the signature would be wrong; delete the endpoint and create it anew.';
  }

  private async giveUp(document: DeliveryDocument, lastError: string): Promise<undefined> {
    const { dueAt: _due, ...rest } = document;
    await this.context.views.deliveries.put([{ ...rest, version: document.version + 1, status: 'failed', lastError }]);
  }

  /** Signed by Standard Webhooks over id, time of the attempt and body; the id stays the same over attempts. */
  private send({ eventId, payload }: DeliveryDocument, { tenantId, id, url }: EndpointState): Promise<SendOutcome> {
    const at = new Date(this.context.ports.clock.now());
    const signer = new Webhook(endpointSecret(this.context.options.installationSecret, tenantId, id));
    const headers = {
      'content-type': 'application/json',
      'user-agent': 'Tollkeeper-Webhooks/1',
      'webhook-id': eventId,
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signer.sign(eventId, at, payload),
    };
    return this.sender.send({ url, headers, body: payload });
  }

  /** What an outcome says about the endpoint. */
  private async draw(endpoint: EndpointState, document: DeliveryDocument, outcome: SendOutcome): Promise<void> {
    const { endpointHealth } = this.context.views;
    const cause = `delivery/${document.id}/${document.attempts}`;
    if (document.status === 'delivered') {
      const now = this.context.ports.clock.now();
      await endpointHealth.put([{ id: endpoint.id, version: now, lastSuccessAt: now }]);
      if (endpoint.disabledReason !== undefined) await enableEndpoint(this.context, endpoint, cause);
      return;
    }
    if (isGone(outcome))
      return disableEndpoint(this.context, endpoint, `It answered ${gone}: it wants no more deliveries.`, cause);
    if (document.status !== 'failed' || document.tries < mostAttempts) return;
    const healthy = ((await endpointHealth.get(endpoint.id))?.lastSuccessAt ?? 0) > document.createdAt;
    if (!healthy)
      await disableEndpoint(
        this.context,
        endpoint,
        `${mostAttempts} attempts of ${document.id} failed, and nothing else arrived meanwhile.`,
        cause,
      );
  }

  close(): void {
    this.stopped = true;
    this.sender.close();
  }
}

function isGone(outcome: SendOutcome): boolean {
  return outcome.status === 'answered' && outcome.code === gone;
}
