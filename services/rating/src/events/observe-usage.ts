import { SpanKind } from '@opentelemetry/api';
import type { Clock, Instant } from '@tollkeeper/kernel';
import { gauge, inSpan, isTracing, originOf, withoutTrace } from '@tollkeeper/nest-kit';
import type { Bus, Topic } from '@tollkeeper/ports';
import type { OpenPage } from './open-pages.js';

/** Books pages in the trace that their events came in, or linked to each of several: once for a call, never for an event. */
export function inTracesOf<T>(pages: readonly OpenPage[], work: () => Promise<T>): Promise<T> {
  if (!isTracing()) return work();
  const traceparents = traceparentsOf(pages);
  if (traceparents.length === 0) return withoutTrace(work);
  return inSpan(() => ({ name: 'book pages', kind: SpanKind.INTERNAL, attributes: { 'tollkeeper.pages': pages.length } }), work, originOf(traceparents));
}

function traceparentsOf(pages: readonly OpenPage[]): readonly string[] {
  const found = new Set<string>();
  for (const { trackers } of pages) {
    let last: unknown;
    // Events of one batch stand together.
    for (const tracker of trackers) {
      if (tracker === last) continue;
      last = tracker;
      const traceparent = tracker.delivery.headers?.['traceparent'];
      if (traceparent !== undefined) found.add(traceparent);
    }
  }
  return [...found];
}

/** What is observed of a consumer of usage. */
export interface ObservedUsage {
  readonly bus: Bus;
  readonly topic: Topic<unknown>;
  readonly group: string;
  readonly clock: Clock;
  /** Pages that gather and pages that are being booked. */
  readonly pages: () => number;
  /** When, by the machine's clock, the oldest event was taken that is not booked; undefined when all are. Tenants may have clocks of their own. */
  readonly oldestTaken: () => Instant | undefined;
}

/** Shows how far booking is behind. Calling the result ends it. */
export function observeUsage({ bus, topic, group, clock, pages, oldestTaken }: ObservedUsage): () => void {
  const ends = [
    gauge('tollkeeper.usage.lag', { unit: '{message}', description: 'Batches of usage on the bus that are not booked, of all replicas together.' }, () => bus.lag(topic, group)),
    gauge('tollkeeper.usage.pages.open', { unit: '{page}', description: 'Pages of device accounts that gather events or are being booked, in this process.' }, pages),
    gauge('tollkeeper.usage.unacknowledged.age', { unit: 's', description: 'Time since this process took the oldest event that it has not booked.' }, () => {
      const oldest = oldestTaken();
      return oldest === undefined ? 0 : Math.max(0, clock.now() - oldest) / 1000;
    }),
  ];
  return () => ends.forEach((end) => end());
}
