import type { usageV1 } from '@tollkeeper/contracts';
import type { Clock, Instant } from '@tollkeeper/kernel';
import { intakeTopic } from '@tollkeeper/nest-kit';
import type { Bus, Delivery, Subscription, View } from '@tollkeeper/ports';
import type { ReceiptDocument } from '../store/views.js';
import { DayMoved, type IntakeLedger } from './intake-ledger.js';
import { IntakeMeasure } from './intake.measure.js';
import type { QuarantineLedger, RefusedPart } from './quarantine-ledger.js';
import { newReceiptDocument } from './receipt-document.js';
import { UnsettledReceipts } from './unsettled-receipts.js';

type Outcome = usageV1.IntakeOutcome;

/** Parts handed out and not yet counted. */
const maxInFlight = 1024;
const retryMs = 1_000;
const movedRetryMs = 50;

export interface IntakeConsumerPorts {
  readonly bus: Bus;
  /** The machine's. */
  readonly clock: Clock;
  now(tenantId: string): Instant;
  /** Told what went wrong when parts are put off. */
  onPutOff(error: unknown): void;
}

/**
 * Counts how the parts of receipts ended: what is delivered together for a tenant's day becomes one entry. Acknowledged only
 * when the quarantine, the entry and the receipt say so.
 */
export class IntakeConsumer {
  private subscription: Subscription | undefined;
  private readonly measure = new IntakeMeasure();
  private readonly unsettled: UnsettledReceipts;
  private turn: Promise<void> = Promise.resolve();

  constructor(
    private readonly ports: IntakeConsumerPorts,
    private readonly ledger: IntakeLedger,
    private readonly quarantine: QuarantineLedger,
    private readonly receipts: View<ReceiptDocument>,
  ) {
    this.unsettled = new UnsettledReceipts(ports.clock, receipts);
  }

  async start(): Promise<void> {
    await this.ledger.recover();
    this.subscription = this.ports.bus.subscribe(intakeTopic, { group: 'ingestion', maxInFlight }, (deliveries) => {
      // One after the other: receipts that parts of several deliveries share are read and written by one of them at a time.
      const turn = this.turn.then(() => this.take(deliveries));
      this.turn = turn;
      return turn;
    });
  }

  /** Shows and settles what failures left; harmless at any time. */
  async sweep(): Promise<void> {
    await this.ledger.recover();
  }

  async stop(): Promise<void> {
    await this.subscription?.stop();
    await this.turn;
    this.unsettled.stop();
    await this.ledger.settle().catch(() => undefined);
  }

  /** Never rejects: what fails is delivered again. */
  private async take(deliveries: readonly Delivery<Outcome>[]): Promise<void> {
    try {
      await this.count(deliveries.map((delivery) => delivery.value));
      for (const delivery of deliveries) {
        this.measure.counted(delivery.value);
        delivery.ack();
      }
    } catch (error) {
      if (!(error instanceof DayMoved)) this.ports.onPutOff(error);
      for (const delivery of deliveries) delivery.retry(error instanceof DayMoved ? movedRetryMs : retryMs);
    }
  }

  private async count(outcomes: readonly Outcome[]): Promise<void> {
    const documents = await this.documentsOf(outcomes);
    const byChain = new Map<string, Outcome[]>();
    const refused: RefusedPart[] = [];
    for (const outcome of outcomes) {
      const shown = documents.get(outcome.receiptId);
      // An id of another tenant's receipt can only be a fault of the sender; it must not touch that receipt.
      if (!shown || shown.tenant !== outcome.tenantId) continue;
      const { day } = shown;
      if (outcome.refused.length > 0) refused.push({ tenantId: outcome.tenantId, day, outcome });
      const chain = `intake/${outcome.tenantId}/${day}`;
      const ofChain = byChain.get(chain);
      if (ofChain) ofChain.push(outcome);
      else byChain.set(chain, [outcome]);
    }
    for (const [tenantId, ofTenant] of Map.groupBy(refused, (part) => part.tenantId)) {
      await this.quarantine.quarantine(ofTenant, this.ports.now(tenantId));
    }
    await Promise.all([...byChain].map(([chain, ofChain]) => this.countDay(chain, ofChain, documents)));
  }

  private async countDay(chain: string, outcomes: readonly Outcome[], shown: ReadonlyMap<string, ReceiptDocument>): Promise<void> {
    const now = this.ports.now(chain.split('/')[1] ?? '');
    const { entry, receipts } = await this.ledger.count(chain, outcomes, shown, now);
    // Parts that an entry counted already are shown as well: the receipt is the same whoever counted them.
    await this.receipts.put(receipts);
    this.unsettled.heardOf(receipts);
    if (entry) this.ledger.markShown(entry);
  }

  private async documentsOf(outcomes: readonly Outcome[]): Promise<Map<string, ReceiptDocument>> {
    const first = new Map<string, Outcome>();
    for (const outcome of outcomes) if (!first.has(outcome.receiptId)) first.set(outcome.receiptId, outcome);
    const ids = [...first.keys()];
    const found = await this.receipts.getMany(ids);
    return new Map(
      ids.map((id, i) => {
        const outcome = first.get(id);
        return [id, found[i] ?? newReceiptDocument(outcome?.tenantId ?? '', id, outcome?.day ?? '')];
      }),
    );
  }
}
