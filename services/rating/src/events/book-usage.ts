import type { UsageBatchValue } from '@tollkeeper/contracts';
import type { Clock, Instant } from '@tollkeeper/kernel';
import { type ActorCall, type ActorHost, ActorUnreachable, type Bus, type Delivery, StoreUnavailable, type Subscription, type Timers, type Topic } from '@tollkeeper/ports';
import { type Book, type BookInput, type BookOutput, eventOutcome } from '../actors/device-account.contract.js';
import { BatchTracker, type Refusal } from './batch-tracker.js';
import { inTracesOf, observeUsage } from './observe-usage.js';
import { type OpenPage, OpenPages } from './open-pages.js';
import { OutcomePublisher } from './outcome-publisher.js';

export interface BookUsageOptions {
  /** A page with so many events is booked at once. */
  readonly pageEvents: number;
  /** A page is booked so long after its first event, or as soon after that as there is a call for it. */
  readonly pageAgeMs: number;
  /** A page is booked when no usage has come for so long: there is nothing left to gather with it. */
  readonly pageIdleMs: number;
  /** With so many events in open pages the oldest are booked whatever their age, as long as there is a call for them: there is enough to do. */
  readonly eagerEvents: number;
  /** Events held, in open pages and in those being booked; beyond, the oldest pages are booked at once and no more events taken. */
  readonly maxOpenEvents: number;
  /** Pages booked by one call. */
  readonly pagesPerCall: number;
  /** Calls that run at the same time: one syncs while the next is priced. */
  readonly callsAtOnce: number;
  /** Deliveries taken and not acknowledged. */
  readonly maxInFlight: number;
}

export const defaultBookUsageOptions: BookUsageOptions = {
  pageEvents: 256,
  pageAgeMs: 1000,
  pageIdleMs: 200,
  eagerEvents: 20_000,
  maxOpenEvents: 300_000,
  pagesPerCall: 512,
  callsAtOnce: 2,
  maxInFlight: 20_000,
};

export interface BookUsagePorts {
  readonly bus: Bus;
  readonly actors: ActorHost;
  readonly timers: Timers;
  readonly clock: Clock;
  /** Told of every call that failed; it is tried again. */
  onFailed(error: unknown): void;
}

const firstRetryMs = 100;
const longestRetryMs = 5_000;
/** A page that fails so often for a reason inside of us goes to the quarantine, so that it cannot hold up its batches for ever. */
const mostAttempts = 10;

/**
 * Takes usage from the bus, gathers it in a page per device and has pages booked many at a time. A batch is acknowledged
 * when each of its events has an outcome and ingestion has been told: until then the bus delivers it again, and the accounts
 * recognise what they have.
 */
export class UsageConsumer {
  private readonly pages = new OpenPages();
  private readonly ready: OpenPage[] = [];
  private readonly inFlight = new Set<OpenPage>();
  private readonly outcomes: OutcomePublisher;
  private readonly whenRoom: (() => void)[] = [];
  private subscription: Subscription | undefined;
  /** Events without an outcome. */
  private openEvents = 0;
  /** Those of them that stand in open pages. */
  private gatheredEvents = 0;
  private calls = 0;
  private pumping = false;
  private stopping = false;
  private takenAt = 0;
  private cancelAging: (() => void) | undefined;
  private endObserving: () => void = () => undefined;

  constructor(
    private readonly ports: BookUsagePorts,
    private readonly book: Book,
    private readonly options: BookUsageOptions,
  ) {
    this.outcomes = new OutcomePublisher(ports.bus, ports.timers, (error) => ports.onFailed(error));
  }

  start(topic: Topic<UsageBatchValue>): void {
    const { maxInFlight } = this.options;
    this.subscription = this.ports.bus.subscribe(topic, { group: 'rating', maxInFlight }, (deliveries) => this.take(deliveries));
    const { bus, clock } = this.ports;
    const pages = () => this.pages.size + this.inFlight.size;
    this.endObserving = observeUsage({ bus, clock, topic, group: 'rating', pages, oldestTaken: () => this.oldestTaken() });
  }

  /** Books what has been taken, tells how it ended, then stops. What cannot be booked now is delivered again after the next start. */
  async stop(): Promise<void> {
    this.stopping = true;
    this.endObserving();
    this.release();
    await this.subscription?.stop();
    this.cancelAging?.();
    for (let page = this.pages.oldest(); page; page = this.pages.oldest()) this.flush(page);
    while (this.inFlight.size > 0) await Promise.all([...this.inFlight].map((page) => booked(page)));
    await this.outcomes.stop();
  }

  /** Resolves when everything taken so far for a tenant, or for one of its devices, is booked. */
  async settle(tenantId: string, device?: string): Promise<void> {
    for (const page of this.pages.of(tenantId, device)) this.flush(page);
    const waiting: Promise<void>[] = [];
    for (const page of this.inFlight) {
      if (page.tenantId === tenantId && (device === undefined || page.device === device)) waiting.push(booked(page));
    }
    await Promise.all(waiting);
  }

  private oldestTaken(): Instant | undefined {
    const oldest = this.pages.oldest();
    const taken = [...this.inFlight, ...(oldest ? [oldest] : [])].map(({ openedAt }) => openedAt);
    return taken.length === 0 ? undefined : taken.reduce((least, at) => Math.min(least, at));
  }

  /** Takes a delivery's events into pages; waits while too many are held, which holds the bus back. */
  private async take(deliveries: readonly Delivery<UsageBatchValue>[]): Promise<void> {
    const now = this.ports.clock.now();
    for (const delivery of deliveries) {
      while (this.openEvents >= this.options.maxOpenEvents && !this.stopping) {
        const room = new Promise<void>((resolve) => this.whenRoom.push(resolve));
        this.pump();
        await room;
      }
      if (this.stopping) return;
      const batch = delivery.value;
      if (batch.receiptId === '') {
        // What could not be read was told to the operator; it would be no better the next time.
        delivery.ack();
        continue;
      }
      const tracker = new BatchTracker(delivery, batch.receiptId);
      this.openEvents += batch.events.length;
      this.gatheredEvents += batch.events.length;
      if (batch.events.length === 0) this.finish(tracker);
      for (const event of batch.events) {
        const page = this.pages.add(tracker, batch.tenantId, event, now);
        if (page.events.length >= this.options.pageEvents) this.flush(page);
      }
    }
    this.takenAt = this.ports.clock.now();
    if (this.gatheredEvents >= this.options.eagerEvents) this.pump();
    else this.watchAge();
  }

  /** The moment at which the oldest page is to be booked, whatever comes before. */
  private dueAt(oldest: OpenPage): Instant {
    if (this.gatheredEvents >= this.options.eagerEvents || this.whenRoom.length > 0 || this.stopping) return Number.NEGATIVE_INFINITY;
    return Math.min(oldest.openedAt + this.options.pageAgeMs, this.takenAt + this.options.pageIdleMs);
  }

  private watchAge(): void {
    const oldest = this.pages.oldest();
    if (!oldest || this.cancelAging || this.stopping) return;
    this.cancelAging = this.ports.timers.after(Math.max(1, this.dueAt(oldest) - this.ports.clock.now()), () => {
      this.cancelAging = undefined;
      this.pump();
      // While calls run, the next one to end looks again.
      if (this.calls < this.options.callsAtOnce) this.watchAge();
    });
  }

  /** Has a page booked whatever its age. */
  private flush(page: OpenPage): void {
    this.close(page);
    this.enqueue(page);
  }

  private close(page: OpenPage): void {
    this.pages.close(page);
    this.gatheredEvents -= page.events.length;
    this.inFlight.add(page);
  }

  private enqueue(page: OpenPage): void {
    this.ready.push(page);
    if (this.pumping) return;
    this.pumping = true;
    // One turn later, so that all pages that become ready together share calls.
    queueMicrotask(() => {
      this.pumping = false;
      this.pump();
    });
  }

  private pump(): void {
    while (this.calls < this.options.callsAtOnce) {
      const group = this.nextGroup();
      if (group.length === 0) return this.watchAge();
      this.calls++;
      void this.bookGroup(group).finally(() => {
        this.calls--;
        this.pump();
      });
    }
  }

  /**
   * Pages are closed only when there is a call to take them: under load they go on gathering while they wait, so that the
   * further rating falls behind, the less each event costs.
   */
  private nextGroup(): readonly OpenPage[] {
    const { pagesPerCall } = this.options;
    const group = this.ready.splice(0, pagesPerCall);
    const now = this.ports.clock.now();
    for (let page = this.pages.oldest(); page && group.length < pagesPerCall && this.dueAt(page) <= now; page = this.pages.oldest()) {
      this.close(page);
      group.push(page);
    }
    return group;
  }

  private async bookGroup(group: readonly OpenPage[]): Promise<void> {
    const calls: ActorCall<BookInput>[] = group.map((page) => ({
      id: `${page.tenantId}/${page.device}`,
      input: { tenantId: page.tenantId, device: page.device, receivedMs: page.receivedMs, events: page.events },
    }));
    try {
      const replies = await inTracesOf(group, () => this.ports.actors.callMany(this.book, calls));
      for (const [index, page] of group.entries()) {
        const reply = replies[index];
        if (reply?.status === 'done') this.conclude(page, reply.output);
        else this.again(page, reply?.error ?? new ActorUnreachable(`no reply for device ${page.device}`));
      }
    } catch (error) {
      for (const page of group) this.again(page, error);
    }
  }

  private again(page: OpenPage, error: unknown): void {
    this.ports.onFailed(error);
    const isTransient = error instanceof StoreUnavailable || error instanceof ActorUnreachable;
    if (!isTransient) page.attempts++;
    if (this.stopping) return this.leave(page);
    if (page.attempts >= mostAttempts) return this.conclude(page, refuseAll(page, error));
    const waitMs = Math.min(firstRetryMs * 2 ** Math.min(page.attempts, 10), longestRetryMs);
    this.ports.timers.after(waitMs, () => (this.stopping ? this.leave(page) : this.enqueue(page)));
  }

  private conclude(page: OpenPage, output: BookOutput): void {
    const { outcomes, refusals } = output;
    for (const [index, event] of page.events.entries()) {
      const tracker = page.trackers[index];
      if (!tracker) continue;
      if (outcomes[index] === eventOutcome.booked) tracker.booked(event);
      else if (outcomes[index] === eventOutcome.duplicate) tracker.duplicate(event);
      else tracker.refuse(event, page.device, refusals.get(index) ?? unexplained);
      if (tracker.open === 0) this.finish(tracker);
    }
    this.leave(page);
  }

  private leave(page: OpenPage): void {
    this.inFlight.delete(page);
    this.openEvents -= page.events.length;
    if (this.openEvents < this.options.maxOpenEvents) this.release();
    for (const told of page.whenBooked) told();
  }

  private finish(tracker: BatchTracker): void {
    this.outcomes.finished(tracker);
  }

  private release(): void {
    for (const go of this.whenRoom.splice(0)) go();
  }
}

const unexplained: Refusal = { reason: 'invalid_event', detail: 'The event could not be booked.', param: '' };

function booked(page: OpenPage): Promise<void> {
  return new Promise((resolve) => page.whenBooked.push(resolve));
}

function refuseAll(page: OpenPage, error: unknown): BookOutput {
  const why = error instanceof Error ? error.message : String(error);
  const detail = `Booking it failed ${mostAttempts} times because of a fault on our side (${why}); replay it once that is mended.`;
  const refusal: Refusal = { reason: 'invalid_event', detail, param: '' };
  return {
    outcomes: new Uint8Array(page.events.length).fill(eventOutcome.refused),
    refusals: new Map(page.events.map((_, index) => [index, refusal])),
  };
}
