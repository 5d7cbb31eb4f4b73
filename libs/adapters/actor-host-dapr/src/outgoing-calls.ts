import { ActorUnreachable, type Timers } from '@tollkeeper/ports';
import { toFailure } from './failure.mapping.js';
import { shardName, shardOf } from './shards.js';
import type { Sidecar } from './sidecar.js';
import { callBytes, carried, decodeAnswer, encodeCalls, type WireReply } from './wire.js';

export type OutgoingReply = { readonly status: 'done'; readonly output: Uint8Array } | { readonly status: 'failed'; readonly error: Error };

/** A call on its way to another process, and where its reply goes. */
export interface OutgoingCall {
  readonly method: string;
  readonly id: string;
  readonly input: Uint8Array;
  /** W3C trace context of who calls. */
  readonly traceparent: string | undefined;
  answer(reply: OutgoingReply): void;
}

export interface OutgoingLimits {
  readonly shards: number;
  /** Calls in one request. */
  readonly callsPerRequest: number;
  /** Bytes of one request; a single call may have more. */
  readonly bytesPerRequest: number;
}

/** How often a call that was not begun is sent again: while a replica ends, or a shard moves. */
const mostAttempts = 50;
const closingPauseMs = 100;

/** A call with how often it was sent in vain. */
interface Waiting {
  readonly call: OutgoingCall;
  attempts: number;
}

/** The way to one shard. It has one request under way, so that its calls keep their order. */
interface Route {
  readonly name: string;
  /** The process that answered for the shard last; shards of one home travel together. */
  home: string | undefined;
  waiting: Waiting[];
  busy: boolean;
  /** When a request was addressed to this shard last, in requests. */
  addressed: number;
}

/** What goes in one request: calls of one method for shards that live in one process, as far as is known here. */
interface Parcel {
  readonly method: string;
  readonly loads: { readonly route: Route; readonly calls: readonly Waiting[] }[];
  calls: number;
  bytes: number;
}

/**
 * Calls for the actors of one type, in as few requests as possible: one for each process that hosts some of them. It is addressed to
 * one of the shards there and carries the calls of the others along; the process answers `notHere` for a shard that Dapr has not given
 * it, whose calls are then sent under its own name. That is also how it becomes known, from the answer, where a shard lives.
 */
export class OutgoingCalls {
  private readonly routes: readonly Route[];
  /** Routes that became free in this turn of the event loop and have calls waiting. */
  private readonly freed = new Set<Route>();
  private requests = 0;
  private underWay = 0;

  constructor(
    private readonly actorType: string,
    private readonly ports: { readonly sidecar: Sidecar; readonly timers: Timers; onIdle(): void },
    private readonly limits: OutgoingLimits,
  ) {
    const { shards } = limits;
    this.routes = Array.from({ length: shards }, (_, n) => ({ name: shardName(n, shards), home: undefined, waiting: [], busy: false, addressed: 0 }));
  }

  /** Calls that have no answer yet. */
  get isIdle(): boolean {
    return this.underWay === 0;
  }

  /**
   * Calls made together travel together, and apart from those of others, which a slow one among them would hold up; only those that
   * wait for the same request to be answered are put together.
   */
  send(calls: readonly OutgoingCall[]): void {
    const free = new Set<Route>();
    for (const call of calls) {
      const route = this.routes[shardOf(call.id, this.limits.shards)];
      if (!route) continue;
      this.underWay++;
      route.waiting.push({ call, attempts: 0 });
      if (!route.busy) free.add(route);
    }
    this.deliverAll(free);
  }

  private deliverAll(routes: Iterable<Route>): void {
    const open = new Map<string, Parcel>();
    for (const route of routes) {
      const method = route.waiting[0]?.call.method;
      if (method === undefined || route.busy) continue;
      const key = `${method} ${route.home ?? route.name}`;
      let parcel = open.get(key);
      if (!parcel || !this.load(parcel, route)) {
        if (parcel) void this.deliver(parcel);
        parcel = { method, loads: [], calls: 0, bytes: 0 };
        this.load(parcel, route);
        open.set(key, parcel);
      }
    }
    for (const parcel of open.values()) void this.deliver(parcel);
  }

  /** Takes from the route what it may take at once; false when there is no room for its next call. */
  private load(parcel: Parcel, route: Route): boolean {
    const { callsPerRequest, bytesPerRequest } = this.limits;
    let taken = 0;
    for (const { call } of route.waiting) {
      const bytes = callBytes(call.id, call.input);
      const fits = parcel.calls === 0 || (parcel.calls < callsPerRequest && parcel.bytes + bytes <= bytesPerRequest);
      if (call.method !== parcel.method || !fits) break;
      parcel.calls++;
      parcel.bytes += bytes;
      taken++;
    }
    if (taken === 0) return false;
    parcel.loads.push({ route, calls: route.waiting.splice(0, taken) });
    route.busy = true;
    return true;
  }

  private async deliver(parcel: Parcel): Promise<void> {
    const { loads } = parcel;
    // Each in its turn: Dapr lets one request at a time to a shard, and gives up shards that it never sees a request for.
    const to = loads.reduce((oldest, { route }) => (route.addressed < oldest.addressed ? route : oldest), loads[0]?.route ?? noRoute());
    to.addressed = ++this.requests;
    try {
      const body = encodeCalls(loads.flatMap(({ calls }) => calls.map(({ call }) => call)));
      // Calls that waited together may be of several traces; the request goes on with the first.
      const { traceparent } = loads[0]?.calls[0]?.call ?? {};
      const { host, replies } = decodeAnswer(await this.ports.sidecar.invoke(this.actorType, to.name, parcel.method, body, traceparent));
      if (replies.length !== parcel.calls) throw new ActorUnreachable(`${this.actorType} ${to.name} answered ${replies.length} of ${parcel.calls} calls`);
      let next = 0;
      for (const { route, calls } of loads) this.settle(route, calls, host, replies.slice(next, (next += calls.length)));
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new ActorUnreachable(String(thrown), { cause: thrown });
      for (const { route, calls } of loads) {
        for (const { call } of calls) this.answer(call, { status: 'failed', error });
        this.free(route, 0);
      }
    }
  }

  private settle(route: Route, calls: readonly Waiting[], host: string, replies: readonly WireReply[]): void {
    const back: Waiting[] = [];
    let pauseMs = 0;
    route.home = host;
    for (const [at, waiting] of calls.entries()) {
      const { status, bytes } = replies[at] ?? noReply();
      const { call } = waiting;
      switch (status) {
        case carried.done:
          this.answer(call, { status: 'done', output: bytes });
          break;
        case carried.failed:
          this.answer(call, { status: 'failed', error: toFailure(bytes) });
          break;
        case carried.again:
          back.push(waiting);
          break;
        case carried.notHere:
        case carried.closing:
          route.home = undefined;
          if (status === carried.closing) pauseMs = closingPauseMs;
          if (++waiting.attempts < mostAttempts) back.push(waiting);
          else this.answer(call, { status: 'failed', error: new ActorUnreachable(`${this.actorType} ${call.id} is active nowhere: its process is ending`) });
          break;
      }
    }
    route.waiting.unshift(...back);
    this.free(route, pauseMs);
  }

  private answer(call: OutgoingCall, reply: OutgoingReply): void {
    this.underWay--;
    call.answer(reply);
    if (this.isIdle) this.ports.onIdle();
  }

  private free(route: Route, afterMs: number): void {
    if (afterMs > 0) return void this.ports.timers.after(afterMs, () => this.free(route, 0));
    route.busy = false;
    if (route.waiting.length === 0) return;
    if (this.freed.size === 0) queueMicrotask(() => this.deliverFreed());
    this.freed.add(route);
  }

  private deliverFreed(): void {
    const routes = [...this.freed];
    this.freed.clear();
    this.deliverAll(routes);
  }
}

function noRoute(): Route {
  throw new Error('a request without calls');
}

function noReply(): WireReply {
  throw new Error('fewer replies than calls');
}
