import { hash } from 'node:crypto';
import { create } from '@bufbuild/protobuf';
import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, type Randomness, toRfc3339 } from '@tollkeeper/kernel';
import type { ViewDocument } from '@tollkeeper/ports';
import type { SendOutcome } from './webhook-sender.js';

/** One fact on its way to one endpoint: the delivery log, and the list of what is due. */
export interface DeliveryDocument extends ViewDocument {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly eventId: string;
  readonly event: string;
  /** The body, as it was and will be sent. */
  readonly payload: string;
  readonly status: 'pending' | 'delivered' | 'failed';
  /** In all, and since the last time that somebody asked for a redelivery. */
  readonly attempts: number;
  readonly tries: number;
  readonly lastStatusCode: number;
  readonly lastError: string;
  /** Machine time of the next attempt; absent when there is none. */
  readonly dueAt?: Instant;
  /** Machine time. */
  readonly createdAt: Instant;
  /** Which process sends it when it is due; others only when that one does not. */
  readonly owner?: string;
  /** The command that last asked for a redelivery. */
  readonly redeliverCause?: string;
}

/** How long after its time a delivery of another process is taken over; longer than an attempt takes. */
export const takeOverMs = 15_000;

/** When this process would send a delivery; undefined when there is nothing to send. */
export function dueHere({ dueAt, owner }: DeliveryDocument, self: string): Instant | undefined {
  if (dueAt === undefined) return undefined;
  return owner === undefined || owner === self ? dueAt : dueAt + takeOverMs;
}

const seconds = 1_000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** Waits between attempts, before jitter: ten attempts over about two days. */
const waits = [5 * seconds, 30 * seconds, 3 * minutes, 15 * minutes, 1 * hours, 3 * hours, 8 * hours, 14 * hours, 22 * hours];

export const mostAttempts = waits.length + 1;

/** The wait after the attempt with this number (from 1), spread by ±20 % so that endpoints do not get all at once; undefined after the last. */
export function waitAfter(attempt: number, randomness: Randomness): number | undefined {
  const wait = waits[attempt - 1];
  if (wait === undefined) return undefined;
  const [byte = 0] = randomness.bytes(1);
  return Math.round(wait * (0.8 + (0.4 * byte) / 255));
}

/** The same fact for the same endpoint is the same delivery, however often the bus tells it. */
export function deliveryId(eventId: string, endpointId: string): string {
  const digest = hash('sha256', `${eventId}\n${endpointId}`, 'buffer').subarray(0, 16);
  return `dlv_${Array.from(digest, (byte) => '0123456789abcdefghjkmnpqrstvwxyz'.charAt(byte & 31))
    .join('')
    .padStart(26, '0')}`;
}

/** What the log says after an attempt. `final`: do not try again whatever the wait would be. */
export function afterAttempt(
  before: DeliveryDocument,
  outcome: SendOutcome,
  next: { now: Instant; waitMs: number | undefined; final: boolean },
): DeliveryDocument {
  const { dueAt: _due, ...rest } = before;
  const tried = {
    ...rest,
    version: before.version + 1,
    attempts: before.attempts + 1,
    tries: before.tries + 1,
    lastStatusCode: outcome.status === 'answered' ? outcome.code : 0,
  };
  if (isSuccess(outcome)) return { ...tried, status: 'delivered', lastError: '' };
  const lastError = errorText(outcome);
  if (next.final || next.waitMs === undefined) return { ...tried, status: 'failed', lastError };
  return { ...tried, status: 'pending', lastError, dueAt: next.now + next.waitMs };
}

export function isSuccess(outcome: SendOutcome): boolean {
  return outcome.status === 'answered' && outcome.code >= 200 && outcome.code < 300;
}

function errorText(outcome: SendOutcome): string {
  if (outcome.status === 'failed') return outcome.error;
  if (outcome.code >= 300 && outcome.code < 400)
    return `The endpoint redirected (${outcome.code}); redirects are not followed. Register the final address.`;
  return `The endpoint answered ${outcome.code}; a delivery counts with 200 to 299.`;
}

export function toDelivery(document: DeliveryDocument): tenantV1.WebhookDelivery {
  return create(tenantV1.WebhookDeliverySchema, {
    id: document.id,
    endpointId: document.endpointId,
    eventId: document.eventId,
    event: document.event,
    status: document.status,
    attempts: document.attempts,
    lastStatusCode: document.lastStatusCode,
    lastError: document.lastError,
    nextAttemptAt: document.dueAt === undefined ? '' : toRfc3339(document.dueAt),
    createdAt: toRfc3339(document.createdAt),
  });
}
