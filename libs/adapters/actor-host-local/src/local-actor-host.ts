import { ActorUnreachable, type ActorCall, type ActorHost, type ActorMethod, type ActorMethodContract, type ActorReply } from '@tollkeeper/ports';
import { ActorType, type AnyMethod } from './actor-type.js';

export interface LocalActorHostOptions {
  /** Actors of one type that may keep something cached; those not used for the longest time are told to drop it. Default 50,000. */
  readonly maxActive?: number;
}

/**
 * Actors of this process. Inputs and outputs go by reference. An actor has one call at a time; calls for free actors run at
 * once and in one invocation, those for busy ones wait and are grouped when their turn comes.
 */
export class LocalActorHost implements ActorHost {
  private readonly types = new Map<string, ActorType>();
  private closing: { readonly done: Promise<void>; finish(): void } | undefined;

  constructor(private readonly options: LocalActorHostOptions = {}) {}

  register<I, O>(contract: ActorMethodContract<I, O>, method: ActorMethod<I, O>): void {
    const { methods } = this.typeOf(contract.actorType);
    if (methods.has(contract.method)) throw new Error(`${contract.actorType}/${contract.method} is registered twice`);
    // Safe because a method is only ever called through the contract that it was registered with.
    methods.set(contract.method, method as AnyMethod);
  }

  onDeactivate(actorType: string, drop: (id: string) => void): void {
    this.typeOf(actorType).onDeactivate(drop);
  }

  async callMany<I, O>(contract: ActorMethodContract<I, O>, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]> {
    const type = this.typeOf(contract.actorType);
    const method = type.methods.get(contract.method);
    if (this.closing) return refused(calls, new ActorUnreachable(`${contract.actorType}: this process is closing`));
    if (!method) return refused(calls, new ActorUnreachable(`nobody here answers ${contract.actorType}/${contract.method}`));
    return (await type.run(method, calls)) as readonly ActorReply<O>[];
  }

  async call<I, O>(contract: ActorMethodContract<I, O>, id: string, input: I): Promise<O> {
    const [reply] = await this.callMany(contract, [{ id, input }]);
    if (reply?.status === 'done') return reply.output;
    throw reply?.error ?? new ActorUnreachable(`${contract.actorType} ${id} did not answer`);
  }

  close(): Promise<void> {
    if (!this.closing) {
      let finish = (): void => undefined;
      const done = new Promise<void>((resolve) => (finish = resolve));
      this.closing = { done, finish };
      this.finishWhenIdle();
    }
    return this.closing.done;
  }

  private typeOf(name: string): ActorType {
    let type = this.types.get(name);
    if (!type) {
      type = new ActorType(name, this.options.maxActive ?? 50_000, () => this.finishWhenIdle());
      this.types.set(name, type);
    }
    return type;
  }

  private finishWhenIdle(): void {
    if (this.closing && [...this.types.values()].every((type) => type.isIdle)) this.closing.finish();
  }
}

function refused<O>(calls: readonly unknown[], error: Error): readonly ActorReply<O>[] {
  return calls.map(() => ({ status: 'failed', error }));
}
