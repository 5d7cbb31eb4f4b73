import { type ActorCall, type ActorHost, type ActorMethod, type ActorMethodContract, type ActorReply, ActorUnreachable } from '@tollkeeper/ports';
import type { SimProcess } from '../world/process.js';
import type { ActorExchange } from './actor-exchange.js';
import { ActorMailboxes } from './actor-mailboxes.js';

type Registered = NonNullable<ReturnType<ActorExchange['find']>>;

const rareDrop = 0.05;

/** One process's way to the actors. Calls go where the actor lives, take their time there and back, and may get lost. */
export class SimActorHost implements ActorHost {
  private readonly mailboxes = new ActorMailboxes();
  /** Calls that were made here and have no answer yet. */
  private outstanding = 0;
  private readonly whenIdle: (() => void)[] = [];
  private isClosed = false;
  /** Every host by its process, so that a call to another process waits in that one's mailboxes. */
  private static readonly hosts = new WeakMap<SimProcess, SimActorHost>();

  constructor(
    private readonly process: SimProcess,
    private readonly exchange: ActorExchange,
  ) {
    SimActorHost.hosts.set(process, this);
  }

  register<I, O>(contract: ActorMethodContract<I, O>, method: ActorMethod<I, O>): void {
    this.exchange.register(nameOf(contract), this.process, method as ActorMethod<unknown, unknown>);
  }

  onDeactivate(actorType: string, drop: (id: string) => void): void {
    this.exchange.onDeactivate(actorType, this.process, drop);
  }

  async callMany<I, O>(contract: ActorMethodContract<I, O>, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]> {
    this.outstanding++;
    const replies = await this.distribute(contract, calls);
    this.outstanding--;
    if (this.outstanding === 0) for (const told of this.whenIdle.splice(0)) told();
    return replies;
  }

  private async distribute<I, O>(contract: ActorMethodContract<I, O>, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]> {
    const replies = new Array<ActorReply<O>>(calls.length);
    const groups = new Map<Registered, number[]>();
    calls.forEach(({ id }, index) => {
      const host = this.isClosed ? undefined : this.find(contract, id);
      if (!host) replies[index] = { status: 'failed', error: new ActorUnreachable(`nobody hosts ${contract.actorType} ${id} now`) };
      else groups.set(host, [...(groups.get(host) ?? []), index]);
    });
    await Promise.all(
      [...groups].map(async ([host, indexes]) => {
        const group = indexes.flatMap((index) => calls[index] ?? []);
        const answers = await this.send(contract, host, group);
        indexes.forEach((index, i) => {
          const answer = answers[i];
          if (answer) replies[index] = answer;
        });
      }),
    );
    return replies;
  }

  async call<I, O>(contract: ActorMethodContract<I, O>, id: string, input: I): Promise<O> {
    const [reply] = await this.callMany(contract, [{ id, input }]);
    if (reply?.status === 'done') return reply.output;
    throw reply?.error ?? new ActorUnreachable(`no reply from ${contract.actorType} ${id}`);
  }

  async close(): Promise<void> {
    this.isClosed = true;
    if (this.outstanding > 0) await new Promise<void>((resolve) => this.whenIdle.push(resolve));
    this.exchange.leaveAll(this.process);
  }

  private find<I, O>(contract: ActorMethodContract<I, O>, id: string): Registered | undefined {
    const { faults, chance } = this.process.world;
    const host = this.exchange.find(nameOf(contract), id, faults.hits('twoActivations') ? (hosts) => chance.pick(hosts) : undefined);
    if (host && faults.isOn && chance.hits(rareDrop)) this.exchange.drop(contract.actorType, id, host.process);
    return host;
  }

  /** Never rejects: what cannot be told is told of every call. */
  private send<I, O>(contract: ActorMethodContract<I, O>, host: Registered, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]> {
    const { scheduler, faults, trace } = this.process.world;
    const travel = (run: () => void): void => this.process.world.travel(run);
    const lost = (): readonly ActorReply<O>[] =>
      calls.map(({ id }) => ({ status: 'failed', error: new ActorUnreachable(`${contract.actorType} ${id} did not answer`) }));
    trace.note(this.process.name, `call ${nameOf(contract)} at ${host.process.name}: ${calls.map(({ id }) => id).join(', ')}`);
    return new Promise((resolve) => {
      const isElsewhere = host.process !== this.process;
      const answer = (replies: readonly ActorReply<O>[]): void => travel(() => this.process.deliver(() => resolve(replies)));
      if (isElsewhere && faults.hits('requestLost')) return answer(lost());
      // Somebody who dies with our call in hand will not answer: after a while we know that nothing is known.
      const giveUp = isElsewhere ? scheduler.after(patienceMs, () => answer(lost())) : undefined;
      travel(() =>
        host.process.deliver(() => {
          const inputs = isElsewhere ? calls.map((call) => ({ ...call, input: contract.input.decode(contract.input.encode(call.input)) })) : calls;
          const there = SimActorHost.hosts.get(host.process) ?? this;
          void there.mailboxes.put(contract.actorType, host.method, inputs).then((replies) => {
            giveUp?.();
            if (host.process.isDead) return;
            if (isElsewhere && faults.hits('replyLost')) return answer(lost());
            answer(isElsewhere ? replies.map((reply) => overWire(contract, reply as ActorReply<O>)) : (replies as readonly ActorReply<O>[]));
          });
        }),
      );
    });
  }
}

const patienceMs = 10_000;

function nameOf({ actorType, method }: { readonly actorType: string; readonly method: string }): string {
  return `${actorType}.${method}`;
}

function overWire<I, O>(contract: ActorMethodContract<I, O>, reply: ActorReply<O>): ActorReply<O> {
  return reply.status === 'done' ? { status: 'done', output: contract.output.decode(contract.output.encode(reply.output)) } : reply;
}
