import type { factsV1 } from '@tollkeeper/contracts';
import { factsTopic } from '@tollkeeper/nest-kit';
import type { Delivery, Subscription } from '@tollkeeper/ports';
import { textOf } from '../shell/followed-writer.js';
import { instanceOf, type TenantContext } from '../shell/tenant-context.js';
import { type DeliveryDocument, deliveryId } from './delivery.js';
import type { EndpointState } from './endpoint.js';
import type { EndpointBook } from './endpoint-book.js';
import { factName, payloadOf, urgentFacts } from './fact-payload.js';
import type { WebhookDispatcher } from './webhook-dispatcher.js';

const group = 'tenant-webhooks';
const maxInFlight = 1_000;
const retryMs = 1_000;

/** Turns facts into deliveries: written down before the fact is acknowledged, and on their way right after. */
export class FactIntake {
  private subscription: Subscription | undefined;

  constructor(
    private readonly context: TenantContext,
    private readonly book: EndpointBook,
    private readonly dispatcher: WebhookDispatcher,
    private readonly log: (text: string) => void,
  ) {}

  start(): void {
    this.subscription = this.context.ports.bus.subscribe(factsTopic, { group, maxInFlight }, (facts) => this.take(facts));
  }

  private async take(facts: readonly Delivery<factsV1.Fact>[]): Promise<void> {
    try {
      const wanted = (await Promise.all(facts.map(({ value }) => this.deliveriesOf(value)))).flat();
      const known = await this.context.views.deliveries.getMany(wanted.map(({ id }) => id));
      const fresh = wanted.filter((_, i) => known[i] === undefined).sort(urgentFirst);
      if (fresh.length > 0) await this.context.views.deliveries.put(fresh);
      for (const fact of facts) fact.ack();
      this.dispatcher.offer(fresh);
    } catch (error) {
      this.log(`facts cannot be taken in for webhooks: ${textOf(error)}`);
      for (const fact of facts) fact.retry(retryMs);
    }
  }

  private async deliveriesOf(fact: factsV1.Fact): Promise<DeliveryDocument[]> {
    const event = factName(fact);
    if (event === undefined) return [];
    const wanting = (endpoint: EndpointState) =>
      endpoint.disabledReason === undefined && (endpoint.events.length === 0 || endpoint.events.includes(event));
    const endpoints = (await this.book.of(fact.tenantId)).filter(wanting);
    const payload = endpoints.length === 0 ? undefined : this.render(fact);
    if (payload === undefined) return [];
    const now = this.context.ports.clock.now();
    return endpoints.map((endpoint) => ({
      id: deliveryId(fact.id, endpoint.id),
      version: 1,
      tenantId: fact.tenantId,
      endpointId: endpoint.id,
      eventId: fact.id,
      event,
      payload,
      status: 'pending',
      attempts: 0,
      tries: 0,
      lastStatusCode: 0,
      lastError: '',
      dueAt: now,
      createdAt: now,
      owner: instanceOf(this.context),
    }));
  }

  /** A fact that cannot be written as JSON is a bug of who told it: logged and left out, so that it does not hold up the others. */
  private render(fact: factsV1.Fact): string | undefined {
    try {
      return payloadOf(fact);
    } catch (error) {
      this.log(`fact ${fact.id} cannot be written as JSON: ${textOf(error)}`);
      return undefined;
    }
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
  }
}

function urgentFirst(a: DeliveryDocument, b: DeliveryDocument): number {
  return Number(urgentFacts.has(b.event)) - Number(urgentFacts.has(a.event));
}
