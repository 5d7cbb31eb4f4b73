import type { ActorCall, ActorMethod, ActorReply } from '@tollkeeper/ports';

interface Waiting {
  readonly call: ActorCall<unknown>;
  readonly method: ActorMethod<unknown, unknown>;
  readonly answer: (reply: ActorReply<unknown>) => void;
}

/** The actors of one process: one call at a time for each, and calls of free actors go to their method together. */
export class ActorMailboxes {
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly busy = new Set<string>();
  private isWoken = false;

  /** Calls of actors that are free begin at once and together; the others wait. Never rejects. */
  put(actorType: string, method: ActorMethod<unknown, unknown>, calls: readonly ActorCall<unknown>[]): Promise<readonly ActorReply<unknown>[]> {
    const round = new Map<string, Waiting>();
    const replies = calls.map(
      (call) =>
        new Promise<ActorReply<unknown>>((answer) => {
          const actor = `${actorType}/${call.id}`;
          const box = this.waiting.get(actor);
          if (box) box.push({ call, method, answer });
          else if (this.busy.has(actor)) this.waiting.set(actor, [{ call, method, answer }]);
          else {
            this.busy.add(actor);
            round.set(actor, { call, method, answer });
          }
        }),
    );
    if (round.size > 0) void this.invoke(method, round);
    return Promise.all(replies);
  }

  private wake(): void {
    if (this.isWoken) return;
    this.isWoken = true;
    queueMicrotask(() => {
      this.isWoken = false;
      this.work();
    });
  }

  private work(): void {
    const rounds = new Map<ActorMethod<unknown, unknown>, Map<string, Waiting>>();
    for (const [actor, box] of this.waiting) {
      const first = box[0];
      if (this.busy.has(actor) || !first) continue;
      box.shift();
      if (box.length === 0) this.waiting.delete(actor);
      this.busy.add(actor);
      const round = rounds.get(first.method) ?? new Map<string, Waiting>();
      rounds.set(first.method, round.set(actor, first));
    }
    for (const [method, round] of rounds) void this.invoke(method, round);
  }

  private async invoke(method: ActorMethod<unknown, unknown>, round: ReadonlyMap<string, Waiting>): Promise<void> {
    let replies: readonly ActorReply<unknown>[] = [];
    let failure = new Error('the method gave no reply');
    try {
      replies = await method([...round.values()].map(({ call }) => call));
    } catch (error) {
      failure = error instanceof Error ? error : new Error(String(error));
    }
    [...round].forEach(([actor, { answer }], i) => {
      this.busy.delete(actor);
      answer(replies[i] ?? { status: 'failed', error: failure });
    });
    this.wake();
  }
}
