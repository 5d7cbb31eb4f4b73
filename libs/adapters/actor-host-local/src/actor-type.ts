import type { ActorCall, ActorMethod, ActorReply } from '@tollkeeper/ports';

export type AnyMethod = ActorMethod<unknown, unknown>;
type Reply = ActorReply<unknown>;

/** A call whose turn comes later, and where its reply goes. */
interface WaitingCall {
  readonly method: AnyMethod;
  readonly call: ActorCall<unknown>;
  answer(reply: Reply): void;
}

/** The actors of one type: who is busy, who waits for whom, who was used lately. */
export class ActorType {
  readonly methods = new Map<string, AnyMethod>();
  private drop: ((id: string) => void) | undefined;
  /** An actor with a call running; its calls that wait stand in their order. */
  private readonly busy = new Map<string, WaitingCall[] | undefined>();
  /** Calls whose actors have become free in this turn of the event loop, by method: they run together. */
  private readonly freed = new Map<AnyMethod, WaitingCall[]>();
  private recent = new Set<string>();
  private earlier = new Set<string>();

  constructor(
    private readonly name: string,
    private readonly maxActive: number,
    private readonly onIdle: () => void,
  ) {}

  get isIdle(): boolean {
    return this.busy.size === 0;
  }

  onDeactivate(drop: (id: string) => void): void {
    const before = this.drop;
    this.drop = before
      ? (id) => {
          before(id);
          drop(id);
        }
      : drop;
  }

  /** Runs calls of free actors at once, in one invocation; the others when their turn comes. */
  async run(method: AnyMethod, calls: readonly ActorCall<unknown>[]): Promise<readonly Reply[]> {
    const now: ActorCall<unknown>[] = [];
    let later: { readonly at: number; readonly reply: Promise<Reply> }[] | undefined;
    for (let at = 0; at < calls.length; at++) {
      const call = calls[at];
      if (!call) continue;
      if (!this.busy.has(call.id)) {
        this.busy.set(call.id, undefined);
        now.push(call);
        continue;
      }
      later ??= [];
      later.push({ at, reply: new Promise((answer) => this.queue({ method, call, answer })) });
    }
    const first = now.length > 0 ? await this.invoke(method, now) : [];
    if (!later) return first;
    const replies = new Array<Reply>(calls.length);
    for (const { at, reply } of later) replies[at] = await reply;
    let next = 0;
    for (let at = 0; at < calls.length; at++) replies[at] ??= first[next++] ?? noReply(this.name);
    return replies;
  }

  private queue(waiting: WaitingCall): void {
    const behind = this.busy.get(waiting.call.id);
    if (behind) behind.push(waiting);
    else this.busy.set(waiting.call.id, [waiting]);
  }

  private async invoke(method: AnyMethod, calls: readonly ActorCall<unknown>[]): Promise<readonly Reply[]> {
    let replies: readonly Reply[];
    try {
      replies = await method(calls);
      if (replies.length !== calls.length) throw new Error(`a method of ${this.name} answered ${replies.length} of ${calls.length} calls`);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown), { cause: thrown });
      replies = calls.map(() => ({ status: 'failed', error }));
    }
    for (const { id } of calls) this.free(id);
    this.deactivateOldest();
    if (this.isIdle) this.onIdle();
    return replies;
  }

  /** The actor's next call gets its turn, or the actor is free. */
  private free(id: string): void {
    const behind = this.busy.get(id);
    const next = behind?.shift();
    if (!next) {
      this.busy.delete(id);
      if (this.drop) this.recent.add(id);
      return;
    }
    if (this.freed.size === 0) queueMicrotask(() => this.runFreed());
    const together = this.freed.get(next.method);
    if (together) together.push(next);
    else this.freed.set(next.method, [next]);
  }

  private runFreed(): void {
    const groups = [...this.freed];
    this.freed.clear();
    for (const [method, waiting] of groups) {
      void this.invoke(
        method,
        waiting.map(({ call }) => call),
      ).then((replies) => waiting.forEach((one, i) => one.answer(replies[i] ?? noReply(this.name))));
    }
  }

  /** Keeps between half of and all of `maxActive` actors, those used last. */
  private deactivateOldest(): void {
    if (!this.drop || this.recent.size < this.maxActive / 2) return;
    for (const id of this.earlier) {
      if (this.recent.has(id) || this.busy.has(id)) continue;
      this.drop(id);
    }
    this.earlier = this.recent;
    this.recent = new Set();
  }
}

function noReply(type: string): Reply {
  return { status: 'failed', error: new Error(`a call of ${type} got no reply`) };
}
