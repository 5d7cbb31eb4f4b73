import { type ActorCall, type ActorHost, type ActorMethodContract, type ActorReply, ActorUnreachable } from '@tollkeeper/ports';
import { fromFailure } from './failure.mapping.js';
import { type HostedShard, HostedShards } from './hosted-shards.js';
import { shardName, shardOf, shardsIn } from './shards.js';
import { carried, decodeCalls, encodeAnswer, type WireCall, type WireReply } from './wire.js';

export type AnyContract = ActorMethodContract<unknown, unknown>;

interface HostedType {
  readonly shards: HostedShards;
  readonly methods: Map<string, AnyContract>;
}

/** One call of a request, the shard it is for, and its reply as soon as there is one. */
interface Turn {
  readonly call: WireCall;
  readonly shard: HostedShard | undefined;
  reply: WireReply | undefined;
}

const nothing = new Uint8Array(0);

/** What comes from the sidecar: requests for the actors of this process, which run and take their turns in the host `within`. */
export class IncomingCalls {
  private readonly types = new Map<string, HostedType>();
  private running = 0;
  private closing: (() => void) | undefined;

  constructor(
    private readonly within: ActorHost,
    private readonly options: {
      /** Tells callers which process answered. */
      readonly hostId: string;
      readonly shards: number;
      readonly bytesPerAnswer: number;
      drop(actorType: string, id: string): void;
    },
  ) {}

  get actorTypes(): readonly string[] {
    return [...this.types.keys()];
  }

  register(contract: AnyContract): void {
    this.typeOf(contract.actorType).methods.set(contract.method, contract);
  }

  /** The host `within` has told the actor to drop what it cached. */
  forget(actorType: string, id: string): void {
    const { shards } = this.options;
    this.typeOf(actorType).shards.forget(shardName(shardOf(id, shards), shards), id);
  }

  /** Dapr has taken the shard away from this process. */
  leave(actorType: string, name: string): void {
    this.types.get(actorType)?.shards.leave(name);
  }

  /** A sidecar begins anew: what the one before it had given to this process may live anywhere by now. */
  leaveAll(): void {
    for (const { shards } of this.types.values()) shards.leaveAll();
  }

  /** @throws ActorUnreachable when the request cannot be read */
  async run(actorType: string, name: string, method: string, body: Uint8Array): Promise<Uint8Array> {
    const calls = decodeCalls(body);
    if (this.closing) return this.answer(calls.map(() => ({ status: carried.closing, bytes: nothing })));
    const type = this.typeOf(actorType);
    const shards = shardsIn(name);
    if (shards === undefined) throw new ActorUnreachable(`${name} is no shard of ${actorType}`);
    type.shards.enter(name);
    const turns = calls.map((call): Turn => {
      const shard = type.shards.find(shardName(shardOf(call.id, shards), shards));
      return { call, shard, reply: shard ? undefined : { status: carried.notHere, bytes: nothing } };
    });
    const contract = type.methods.get(method);
    await this.counted(type, turns, () => this.take(turns, contract ?? `nobody here answers ${actorType}/${method}`));
    return this.answer(turns.map(({ reply }) => reply ?? failed(new ActorUnreachable(`a call of ${actorType}/${method} got no reply`))));
  }

  /** Refuses what is new and resolves when what runs is done. */
  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.closing = resolve;
      if (this.running === 0) resolve();
    });
  }

  private async take(turns: readonly Turn[], contract: AnyContract | string): Promise<void> {
    const run: { readonly turn: Turn; readonly call: ActorCall<unknown> }[] = [];
    for (const turn of turns) {
      if (turn.reply) continue;
      const { id, input } = turn.call;
      if (typeof contract === 'string') turn.reply = failed(new ActorUnreachable(contract));
      else turn.reply = attempt(() => void run.push({ turn, call: { id, input: contract.input.decode(input) } }));
    }
    if (typeof contract === 'string' || run.length === 0) return;
    const replies = await this.within.callMany(contract, run.map(({ call }) => call));
    for (const [at, { turn }] of run.entries()) {
      const reply = replies[at];
      if (reply) turn.reply = attempt(() => encoded(contract, reply));
    }
  }

  /** Runs the work while the shards count as busy, so that what they cache is not dropped meanwhile. */
  private async counted(type: HostedType, turns: readonly Turn[], work: () => Promise<void>): Promise<void> {
    const shards = new Set<HostedShard>();
    for (const { shard, call } of turns) {
      if (!shard) continue;
      shards.add(shard);
      shard.ids.add(call.id);
    }
    this.running++;
    for (const shard of shards) type.shards.begin(shard);
    try {
      for (const shard of shards) await shard.entered;
      await work();
    } finally {
      for (const shard of shards) type.shards.end(shard);
      if (--this.running === 0) this.closing?.();
    }
  }

  /** Sidecars carry answers up to a limit: what does not fit is asked for again, which the causes of calls make harmless. */
  private answer(replies: readonly WireReply[]): Uint8Array {
    const { hostId: host, bytesPerAnswer } = this.options;
    let room = bytesPerAnswer;
    const fitting = replies.map((reply): WireReply => {
      if (reply.bytes.length > bytesPerAnswer) {
        return failed(new Error(`the answer has ${reply.bytes.length} bytes, and Dapr is asked to carry at most ${bytesPerAnswer}; ask for less at once`));
      }
      room -= reply.bytes.length;
      return room >= 0 || reply.bytes.length === 0 ? reply : { status: carried.again, bytes: nothing };
    });
    return encodeAnswer({ host, replies: fitting });
  }

  private typeOf(actorType: string): HostedType {
    let type = this.types.get(actorType);
    if (!type) {
      type = { shards: new HostedShards((id) => this.options.drop(actorType, id)), methods: new Map() };
      this.types.set(actorType, type);
    }
    return type;
  }
}

/** The reply that the work gives, or its failure; none when it has none yet. */
function attempt(work: () => WireReply | void): WireReply | undefined {
  try {
    return work() ?? undefined;
  } catch (thrown) {
    return failed(thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown }));
  }
}

function encoded(contract: AnyContract, reply: ActorReply<unknown>): WireReply {
  if (reply.status === 'failed') return failed(reply.error);
  return { status: carried.done, bytes: contract.output.encode(reply.output) };
}

function failed(error: Error): WireReply {
  return { status: carried.failed, bytes: fromFailure(error) };
}
