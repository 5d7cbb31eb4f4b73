import type { AddressInfo } from 'node:net';
import { type ActorCall, type ActorHost, type ActorMethod, type ActorMethodContract, type ActorReply, ActorUnreachable, type Timers } from '@tollkeeper/ports';
import { type App, appServer } from './app-server.js';
import { type AnyContract, IncomingCalls } from './incoming-calls.js';
import { type OutgoingCall, OutgoingCalls, type OutgoingReply } from './outgoing-calls.js';
import { Sidecar } from './sidecar.js';
import { systemTimers } from './system-timers.js';

export interface DaprActorHostOptions {
  /** Where the actors of this process run, one call at a time each. Closed together with this host. */
  readonly within: ActorHost;
  /** HTTP port of the sidecar beside this process (`DAPR_HTTP_PORT`). */
  readonly sidecarPort: number;
  /** Sent along to a sidecar that asks for it (`DAPR_API_TOKEN`). */
  readonly apiToken?: string;
  /** Must differ for every process and every start of it: by it callers recognise what lives together. */
  readonly hostId: string;
  /** Dapr actors that the accounts of one type are spread over; 256. All replicas should agree: where they do not, accounts are active twice. */
  readonly shards?: number;
  /** After this long without an answer a call is `ActorUnreachable`; 15 s. */
  readonly callTimeoutMs?: number;
  /** Most calls in one request; 512. */
  readonly callsPerRequest?: number;
  /** Most bytes of one request or answer; 3 MiB, of the 4 MiB that sidecars carry when nothing else is configured (max-body-size). */
  readonly bytesPerRequest?: number;
  readonly timers?: Timers;
  /** Has traces go along with calls. */
  readonly tracing?: ActorTracing;
}

/** How the process knows which trace it works on. */
export interface ActorTracing {
  /** W3C `traceparent` of the work under way. */
  current(): string | undefined;
  /** Runs what a call asks for as part of the caller's trace. */
  within<T>(traceparent: string | undefined, called: { readonly actorType: string; readonly method: string }, work: () => Promise<T>): Promise<T>;
}

const MiB = 1 << 20;

/** Accounts as Dapr actors: Dapr says which replica hosts which shard of them, moves shards when replicas come and go, and carries the calls. */
export class DaprActorHost implements ActorHost {
  private readonly sidecar: Sidecar;
  private readonly timers: Timers;
  private readonly incoming: IncomingCalls;
  private readonly outgoing = new Map<string, OutgoingCalls>();
  private readonly drops = new Map<string, ((id: string) => void)[]>();
  private server: ReturnType<typeof appServer> | undefined;
  private closing: Promise<void> | undefined;
  private withdrawn = false;
  private whenIdle = (): void => undefined;

  constructor(private readonly options: DaprActorHostOptions) {
    const { sidecarPort: port, apiToken, hostId, within, callTimeoutMs = 15_000, shards = 256, bytesPerRequest = 3 * MiB } = options;
    this.timers = options.timers ?? systemTimers;
    this.sidecar = new Sidecar({ port, apiToken, callTimeoutMs, timers: this.timers });
    const drop = (actorType: string, id: string): void => this.drops.get(actorType)?.forEach((one) => one(id));
    this.incoming = new IncomingCalls(within, { hostId, shards, bytesPerAnswer: bytesPerRequest, drop });
  }

  register<I, O>(contract: ActorMethodContract<I, O>, method: ActorMethod<I, O>): void {
    this.options.within.register(contract, method);
    // Safe because inputs and outputs of a contract pass through its own codecs alone.
    this.incoming.register(contract as AnyContract);
  }

  onDeactivate(actorType: string, drop: (id: string) => void): void {
    this.drops.set(actorType, [...(this.drops.get(actorType) ?? []), drop]);
    this.options.within.onDeactivate(actorType, (id) => {
      this.incoming.forget(actorType, id);
      drop(id);
    });
  }

  /**
   * Lets the sidecar bring calls, for the actor types that are registered by now or those given; call it when the process can take
   * them. A process that never does only calls. The sidecar waits for the port, and asks once which types there are. Answers the port.
   */
  async listen(port: number, { address = '127.0.0.1', actorTypes = this.actorTypes } = {}): Promise<number> {
    const app: App = {
      actorTypes,
      isHealthy: () => !this.withdrawn && this.closing === undefined,
      begin: () => this.incoming.leaveAll(),
      invoke: (actorType, id, method, body, traceparent) => {
        const run = () => this.incoming.run(actorType, id, method, body);
        return this.options.tracing?.within(traceparent, { actorType, method }, run) ?? run();
      },
      deactivate: (type, id) => this.incoming.leave(type, id),
    };
    this.server = appServer(app);
    await this.server.listen({ port, host: address });
    return (this.server.server.address() as AddressInfo).port;
  }

  /** Types of which an actor is registered here. */
  get actorTypes(): readonly string[] {
    return this.incoming.actorTypes;
  }

  /** The process will end soon: a sidecar that checks its health moves its actors to others. Until then it serves them. */
  withdraw(): void {
    this.withdrawn = true;
  }

  /** For readiness. Rejects with the reason while the sidecar routes no calls, or gives a process that listens no actors. */
  check(): Promise<void> {
    return this.sidecar.check(this.server !== undefined);
  }

  callMany<I, O>(contract: ActorMethodContract<I, O>, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]> {
    const { actorType, method, input, output } = contract;
    if (this.closing) {
      const error = new ActorUnreachable(`${actorType}: this process is closing`);
      return Promise.resolve(calls.map(() => ({ status: 'failed', error })));
    }
    const outgoing: OutgoingCall[] = [];
    const traceparent = this.options.tracing?.current();
    const replies = calls.map((call) => {
      const { promise, resolve } = Promise.withResolvers<ActorReply<O>>();
      const answer = (reply: OutgoingReply): void => resolve(decoded(output, reply));
      try {
        outgoing.push({ method, id: call.id, input: input.encode(call.input), traceparent, answer });
      } catch (thrown) {
        answer({ status: 'failed', error: toError(thrown) });
      }
      return promise;
    });
    this.outgoingTo(actorType).send(outgoing);
    return Promise.all(replies);
  }

  async call<I, O>(contract: ActorMethodContract<I, O>, id: string, input: I): Promise<O> {
    const [reply] = await this.callMany(contract, [{ id, input }]);
    if (reply?.status === 'done') return reply.output;
    throw reply?.error ?? new ActorUnreachable(`${contract.actorType} ${id} did not answer`);
  }

  /**
   * Takes no new calls from this process; while its own are answered, it still takes those that others send, which theirs may wait
   * for. Then it refuses them, so that their callers send them again, and ends when those that run are done.
   */
  close(): Promise<void> {
    this.closing ??= this.drain();
    return this.closing;
  }

  private async drain(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.whenIdle = () => {
        if ([...this.outgoing.values()].every((calls) => calls.isIdle)) resolve();
      };
      this.whenIdle();
    });
    await this.incoming.close();
    await this.options.within.close();
    await this.server?.close();
    this.sidecar.close();
  }

  private outgoingTo(actorType: string): OutgoingCalls {
    let calls = this.outgoing.get(actorType);
    if (!calls) {
      const { shards = 256, callsPerRequest = 512, bytesPerRequest = 3 * MiB } = this.options;
      const ports = { sidecar: this.sidecar, timers: this.timers, onIdle: () => this.whenIdle() };
      calls = new OutgoingCalls(actorType, ports, { shards, callsPerRequest, bytesPerRequest });
      this.outgoing.set(actorType, calls);
    }
    return calls;
  }
}

function decoded<O>(codec: { decode(bytes: Uint8Array): O }, reply: OutgoingReply): ActorReply<O> {
  if (reply.status === 'failed') return reply;
  try {
    return { status: 'done', output: codec.decode(reply.output) };
  } catch (thrown) {
    return { status: 'failed', error: toError(thrown) };
  }
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
}
