import { headers as emptyHeaders, type MsgHdrs, nuid } from '@nats-io/transport-node';
import { BusFull, type BusMessage, type Timers, type Topic } from '@tollkeeper/ports';
import { isPassing, JetStreamRefusal, toPublishFailure } from './failures.js';
import type { JetStreamApi } from './jet-stream-api.js';
import { headerBytes, markAttempt, markPart, toWire } from './message.mapping.js';
import { PublishWindow } from './publish-window.js';
import { type StreamTrimmer, trimRestMs } from './stream-trimmer.js';
import { waiting, within } from './system-timers.js';
import type { TopicStreams } from './topic-streams.js';

export interface PublisherOptions {
  /** What the server takes in one message, headers included. */
  readonly maxPayloadBytes: () => number;
  readonly publishTimeoutMs: number;
  readonly timers: Timers;
}

interface Parcel {
  readonly headers: MsgHdrs;
  readonly parts: readonly Uint8Array[];
  readonly bytes: number;
}

/** Parts are no larger than this, even where the server would take them: consumers hold some of each partition in memory. */
const maxPartBytes = 1 << 20;
const maxMessageBytes = 64 << 20;
const maxInFlightBytes = 16 << 20;
const maxInFlightMessages = 2048;
const attemptMs = 3_000;
const firstBackoffMs = 50;
const maxBackoffMs = 1_000;
const mostTriesForRoom = 3;
const duplicateInBatch = 10201;

/**
 * Publishes with many messages under way at once. A message larger than the server takes goes in parts, as one atomic batch:
 * its parts stand one behind the other in the stream, or none does.
 */
export class Publisher {
  private readonly window = new PublishWindow(maxInFlightBytes, maxInFlightMessages);

  constructor(
    private readonly api: JetStreamApi,
    private readonly streams: TopicStreams,
    private readonly trimmer: StreamTrimmer,
    private readonly options: PublisherOptions,
  ) {}

  /** Resolves when the stream has stored every message. @throws BusFull, StoreUnavailable */
  async publish<T>(topic: Topic<T>, partition: number, messages: readonly BusMessage<T>[]): Promise<void> {
    const subject = this.streams.names.subject(topic.name, partition);
    const parcels = messages.map((message) => this.parcelOf(topic, message));
    const end = performance.now() + this.options.publishTimeoutMs;
    await this.untilReady(topic.name, end);
    const results = await Promise.allSettled(parcels.map((parcel) => this.send(topic.name, subject, parcel, end)));
    const failures = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    const failure = failures.find((reason) => reason instanceof BusFull) ?? failures[0];
    if (failure !== undefined) throw failure;
  }

  private parcelOf<T>(topic: Topic<T>, message: BusMessage<T>): Parcel {
    const { headers, data } = toWire(message, topic.encode(message.value), topic.name);
    if (data.length > maxMessageBytes) {
      throw new RangeError(`message ${message.id} for ${topic.name} has ${data.length} bytes, at most ${maxMessageBytes} are taken`);
    }
    markAttempt(headers, nuid.next());
    // The headers that mark a part, and what a server may add, fit into the same room.
    const limit = Math.min(this.options.maxPayloadBytes(), maxPartBytes) - headerBytes(headers) - 512;
    if (limit < 1024) throw new RangeError(`message ${message.id} for ${topic.name} has headers that leave no room in what the server takes (max_payload)`);
    const parts: Uint8Array[] = [];
    for (let start = 0; start < data.length || start === 0; start += limit) parts.push(data.subarray(start, start + limit));
    return { headers, parts, bytes: data.length };
  }

  /** Enters the window in the order of the calls, so that a partition keeps the order of its publications. */
  private send(topic: string, subject: string, parcel: Parcel, end: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.window.enter(parcel.bytes, () => {
        this.untilStored(topic, subject, parcel, end)
          .then(resolve, (error: unknown) => reject(this.failure(topic, error)))
          .finally(() => this.window.leave(parcel.bytes));
      });
    });
  }

  private async untilReady(topic: string, end: number): Promise<void> {
    for (;;) {
      try {
        return await this.streams.ensure(topic);
      } catch (error) {
        if (!isPassing(error) || performance.now() + maxBackoffMs > end) throw this.failure(topic, error);
        await waiting(this.options.timers, maxBackoffMs);
      }
    }
  }

  private async untilStored(topic: string, subject: string, parcel: Parcel, end: number): Promise<void> {
    let triesForRoom = 0;
    for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(backoffMs * 2, maxBackoffMs)) {
      try {
        return await this.attempt(subject, parcel, Math.max(1, Math.min(end - performance.now(), attemptMs)));
      } catch (error) {
        const isFull = error instanceof JetStreamRefusal && error.isBacklogFull;
        if (isFull && triesForRoom < mostTriesForRoom) {
          // Others may have taken the room that was made; the trimmer looks anew after a rest.
          if (triesForRoom++ > 0) await waiting(this.options.timers, trimRestMs);
          if ((await this.trimmer.makeRoom(topic).catch(() => 0)) > 0) continue;
        }
        const { timers } = this.options;
        const left = end - performance.now();
        if (!isPassing(error) || left <= backoffMs) throw error;
        await waiting(timers, backoffMs);
        // Made again where it is gone; an attempt that comes too early is tried again like any other.
        const again = this.streams.ensureAgain(topic).catch(() => undefined);
        await within(timers, Math.min(left - backoffMs, maxBackoffMs), again);
      }
    }
  }

  private attempt(subject: string, { headers, parts }: Parcel, timeoutMs: number): Promise<void> {
    const [only] = parts;
    return parts.length === 1 && only ? this.api.store(subject, only, headers, timeoutMs) : this.attemptSplit(subject, headers, parts, timeoutMs);
  }

  /** An atomic batch: https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-50.md */
  private async attemptSplit(subject: string, headers: MsgHdrs, parts: readonly Uint8Array[], timeoutMs: number): Promise<void> {
    const batch = nuid.next();
    try {
      for (const [index, part] of parts.entries()) {
        const wire = index === 0 ? headers : emptyHeaders();
        markPart(wire, { split: batch, index, count: parts.length });
        wire.set('Nats-Batch-Id', batch);
        wire.set('Nats-Batch-Sequence', String(index + 1));
        if (index < parts.length - 1) {
          this.api.send(subject, part, wire);
          continue;
        }
        wire.set('Nats-Batch-Commit', '1');
        await this.api.store(subject, part, wire, timeoutMs);
      }
    } catch (error) {
      // The attempt before this one was stored, and its answer lost.
      if (!(error instanceof JetStreamRefusal && error.errorCode === duplicateInBatch)) throw error;
    }
  }

  private failure(topic: string, error: unknown): Error {
    return toPublishFailure(error, this.streams.names.stream(topic));
  }
}
