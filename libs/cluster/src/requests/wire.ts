import { headers, type Msg, type MsgHdrs, type NatsConnection } from '@nats-io/transport-node';
import { type Clock, type Instant, Problem } from '@tollkeeper/kernel';
import { toProblem, type TenantClocks, type TraceContext } from '@tollkeeper/nest-kit';
import type { Timers } from '@tollkeeper/ports';

/**
 * How a request looks on NATS. The subject is the method's pattern and the body its message in protobuf binary; headers say
 * the rest. An older process ignores headers that it does not know, as it ignores new fields of a message.
 */
const header = {
  /** Machine time in milliseconds after which nobody waits any more. */
  deadline: 'tk-deadline',
  /** W3C Trace Context. */
  trace: 'traceparent',
  /** The present moment of the sandbox that the request is about, in milliseconds. */
  testClock: 'tk-test-clock',
  /** Count of the parts that the message comes in, because it is larger than NATS takes at once. */
  parts: 'tk-parts',
  /** What an answer is; see `AnswerStatus`. */
  status: 'tk-status',
} as const;

/**
 * `ok` ends with the (last part of the) reply, `problem` with a problem as JSON. Before the end come: `more`, a part of the
 * reply; `working`, a sign of life; `send`, the place where the next parts of the request are awaited.
 */
export type AnswerStatus = 'ok' | 'problem' | 'more' | 'working' | 'send';

export interface RequestHeaders {
  readonly deadline: Instant | undefined;
  readonly traceparent: string | undefined;
  readonly testClock: Instant | undefined;
  /** 0 for a message that came whole. */
  readonly parts: number;
}

/** Everything that both ends of the transport work with. */
export interface RequestPorts {
  readonly connection: NatsConnection;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly clocks: TenantClocks;
  readonly limits: RequestLimits;
}

export interface RequestLimits {
  /** A server that works says so this often, in milliseconds. */
  readonly workingEveryMs: number;
  /** A server that has said nothing for so long is lost: the request is sent again. */
  readonly silenceMs: number;
  /** How long a request waits for the first server to be there. */
  readonly noServerMs: number;
  /** How often a request is sent at most when servers are lost on the way. */
  readonly mostAttempts: number;
  /** Requests that one process works on at a time, and their bytes; further ones are refused. */
  readonly mostInHand: number;
  readonly mostBytesInHand: number;
  /** Largest message, in as many parts as it takes. */
  readonly messageBytes: number;
}

export const defaultRequestLimits: RequestLimits = {
  workingEveryMs: 2_000,
  silenceMs: 6_000,
  noServerMs: 3_000,
  mostAttempts: 4,
  mostInHand: 2_000,
  mostBytesInHand: 256 << 20,
  messageBytes: 64 << 20,
};

/** Parts that may be under way: more could fill the broker's buffer for a slow reader, which cuts it off. */
export const partsAtOnce = 4;
/** What headers and subject take of the largest payload. */
const headRoomBytes = 4096;

export function partBytes({ info }: NatsConnection): number {
  return Math.max(1024, (info?.max_payload ?? 1 << 20) - headRoomBytes);
}

/** Cuts a message into parts; one part for whatever fits. */
export function partsOf(bytes: Uint8Array, size: number): readonly Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let from = 0; from < bytes.length || parts.length === 0; from += size) parts.push(bytes.subarray(from, from + size));
  return parts;
}

export function requestHeaders(deadline: Instant | undefined, trace: TraceContext | undefined, testClock: Instant | undefined, parts: number): MsgHdrs {
  const made = headers();
  if (deadline !== undefined) made.set(header.deadline, String(deadline));
  if (trace) made.set(header.trace, trace.traceparent);
  if (testClock !== undefined) made.set(header.testClock, String(testClock));
  if (parts > 1) made.set(header.parts, String(parts));
  return made;
}

export function readRequestHeaders({ headers: given }: Msg): RequestHeaders {
  return {
    deadline: numberIn(given, header.deadline),
    traceparent: given?.get(header.trace) || undefined,
    testClock: numberIn(given, header.testClock),
    parts: numberIn(given, header.parts) ?? 0,
  };
}

export function answerHeaders(status: AnswerStatus): MsgHdrs {
  const made = headers();
  made.set(header.status, status);
  return made;
}

/** What an answer is; `no_servers` when the broker itself answers that nobody listens. */
export function readStatus({ headers: given, data }: Msg): AnswerStatus | 'no_servers' | 'unknown' {
  const status = given?.get(header.status);
  if (status === 'ok' || status === 'problem' || status === 'more' || status === 'working' || status === 'send') return status;
  return given?.code === 503 && data.length === 0 ? 'no_servers' : 'unknown';
}

export function encodeProblem({ code, detail, extra }: Problem): Uint8Array {
  return Buffer.from(JSON.stringify({ code, detail, extra }));
}

export function decodeProblem(bytes: Uint8Array): Problem {
  try {
    return toProblem(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch {
    return new Problem('internal', 'A part of the platform answered with what is no problem; are its versions compatible?');
  }
}

export function tooLarge(pattern: string, bytes: number, most: number): Problem {
  return new Problem('payload_too_large', `${pattern} takes messages of at most ${most} bytes, and this one has ${bytes}; send less at once.`);
}

function numberIn(given: MsgHdrs | undefined, name: string): number | undefined {
  const text = given?.get(name);
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
