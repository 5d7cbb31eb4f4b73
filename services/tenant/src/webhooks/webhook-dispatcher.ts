import type { Instant } from '@tollkeeper/kernel';
import { everyPage } from '../shell/list-page.js';
import { textOf } from '../shell/followed-writer.js';
import { instanceOf, type TenantContext } from '../shell/tenant-context.js';
import { type DeliveryDocument, dueHere, takeOverMs } from './delivery.js';
import { urgentFacts } from './fact-payload.js';
import type { WebhookCourier } from './webhook-courier.js';

/** Requests to one endpoint at a time; a slow one holds up nobody else. */
const laneWidth = 8;
/** Urgent deliveries may go beside a full lane. */
const urgentWidth = 16;
const mostUrgentWaiting = 1_000;
const afterTroubleMs = 5_000;
/** Due deliveries of an endpoint that are looked at together: those of other processes stand among them. */
const refillPage = 64;
const lookEveryMs = 15_000;
const lookPage = 500;

/** What goes to one endpoint. What waits stands in the store; here is only what is on its way. */
interface Lane {
  readonly endpointId: string;
  readonly running: Map<string, Promise<void>>;
  readonly urgent: DeliveryDocument[];
  refilling: boolean;
  /** When the store has something due for it; undefined when nothing waits. */
  nextDueAt: Instant | undefined;
}

/** Brings deliveries to their endpoints when they are due: at once when they are new, again after a failure, and after a restart. */
export class WebhookDispatcher {
  private readonly lanes = new Map<string, Lane>();
  private cancelWake: (() => void) | undefined;
  private cancelLook: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly context: TenantContext,
    private readonly courier: WebhookCourier,
    private readonly log: (text: string) => void,
  ) {}

  /** Finds what a restart left due. */
  async start(): Promise<void> {
    const now = this.context.ports.clock.now();
    for await (const endpoints of everyPage(this.context.views.endpoints, { index: 'tenant', equals: [] }, 200)) {
      for (const { id } of endpoints) this.lane(id).nextDueAt = now;
    }
    this.wake();
    this.lookLater();
  }

  /** What no process has sent although it was due: the one that was to is gone. */
  private lookLater(): void {
    if (this.stopped) return;
    this.cancelLook = this.context.ports.timers.after(lookEveryMs, () => {
      this.look()
        .catch((error: unknown) => this.log(`overdue webhook deliveries cannot be read: ${textOf(error)}`))
        .finally(() => this.lookLater());
    });
  }

  private async look(): Promise<void> {
    const now = this.context.ports.clock.now();
    const { items } = await this.context.views.deliveries.list({ index: 'overdue', equals: [], to: now - takeOverMs, limit: lookPage });
    for (const { endpointId } of items) this.dueAt(this.lane(endpointId), now);
  }

  /** Takes deliveries that are durable and due now. */
  offer(documents: readonly DeliveryDocument[]): void {
    for (const document of documents) {
      const lane = this.lane(document.endpointId);
      const urgent = urgentFacts.has(document.event);
      if (lane.running.size < (urgent ? urgentWidth : laneWidth)) this.begin(lane, document, false);
      else if (urgent && lane.urgent.length < mostUrgentWaiting) lane.urgent.push(document);
      else this.dueAt(lane, this.context.ports.clock.now());
    }
  }

  isOnItsWay(document: DeliveryDocument): boolean {
    return this.lanes.get(document.endpointId)?.running.has(document.id) ?? false;
  }

  private lane(endpointId: string): Lane {
    const known = this.lanes.get(endpointId);
    if (known) return known;
    const lane: Lane = { endpointId, running: new Map(), urgent: [], refilling: false, nextDueAt: undefined };
    this.lanes.set(endpointId, lane);
    return lane;
  }

  private begin(lane: Lane, document: DeliveryDocument, stale: boolean): void {
    if (this.stopped || lane.running.has(document.id)) return;
    const work = this.courier
      .deliver(document, stale)
      .then((dueAt) => (dueAt === undefined ? undefined : this.dueAt(lane, dueAt)))
      .catch((error: unknown) => {
        if (!this.stopped) this.log(`delivery ${document.id} could not be worked on: ${textOf(error)}`);
        this.dueAt(lane, this.context.ports.clock.now() + afterTroubleMs);
      })
      .finally(() => {
        lane.running.delete(document.id);
        this.goOn(lane);
      });
    lane.running.set(document.id, work);
  }

  private goOn(lane: Lane): void {
    const urgent = lane.urgent.shift();
    if (urgent) this.begin(lane, urgent, true);
    else if (lane.nextDueAt !== undefined && lane.nextDueAt <= this.context.ports.clock.now()) void this.refill(lane);
    else if (lane.nextDueAt === undefined && lane.running.size === 0 && !lane.refilling) this.lanes.delete(lane.endpointId);
    this.wakeLater();
  }

  private dueAt(lane: Lane, at: Instant): void {
    if (lane.nextDueAt === undefined || at < lane.nextDueAt) lane.nextDueAt = at;
    this.wakeLater();
  }

  /** Puts what is due on the way, the longest due first, as far as there is room. */
  private async refill(lane: Lane): Promise<void> {
    const room = laneWidth - lane.running.size;
    if (lane.refilling || room <= 0 || this.stopped) return;
    lane.refilling = true;
    try {
      lane.nextDueAt = undefined;
      const { items } = await this.context.views.deliveries.list({ index: 'due', equals: [lane.endpointId], limit: refillPage });
      const now = this.context.ports.clock.now();
      const self = instanceOf(this.context);
      const waiting = items
        .filter(({ id }) => !lane.running.has(id))
        .map((document) => ({ document, at: dueHere(document, self) ?? Number.POSITIVE_INFINITY }))
        .sort((a, b) => a.at - b.at);
      const due = waiting.filter(({ at }) => at <= now).slice(0, room);
      for (const { document } of due) this.begin(lane, document, true);
      const next = waiting[due.length]?.at;
      if (next !== undefined) this.dueAt(lane, next);
    } catch (error) {
      this.log(`due webhook deliveries cannot be read: ${textOf(error)}`);
      this.dueAt(lane, this.context.ports.clock.now() + afterTroubleMs);
    } finally {
      lane.refilling = false;
      this.wakeLater();
    }
  }

  private wake(): void {
    const now = this.context.ports.clock.now();
    for (const lane of this.lanes.values()) if (lane.nextDueAt !== undefined && lane.nextDueAt <= now) void this.refill(lane);
    this.wakeLater();
  }

  /** One timer, for the lane that has something due first. A full lane goes on by itself when something arrives. */
  private wakeLater(): void {
    this.cancelWake?.();
    this.cancelWake = undefined;
    if (this.stopped) return;
    let earliest = Number.POSITIVE_INFINITY;
    for (const lane of this.lanes.values())
      if (lane.running.size < laneWidth && !lane.refilling) earliest = Math.min(earliest, lane.nextDueAt ?? earliest);
    if (earliest === Number.POSITIVE_INFINITY) return;
    const delayMs = Math.max(0, earliest - this.context.ports.clock.now());
    this.cancelWake = this.context.ports.timers.after(Math.min(delayMs, longestTimerMs), () => this.wake());
  }

  /** Begins nothing more; resolves when what is on its way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelWake?.();
    this.cancelLook?.();
    this.courier.close();
    await Promise.all([...this.lanes.values()].flatMap((lane) => [...lane.running.values()]));
  }
}

/** Longer waits are cut and looked at again: a timer of Node ends early beyond 24 days, and a machine may sleep. */
const longestTimerMs = 60_000;
