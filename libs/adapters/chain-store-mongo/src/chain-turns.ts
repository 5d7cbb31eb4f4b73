/** One piece of work at a time for each chain, in the order of the calls; chains do not wait for each other. */
export class ChainTurns {
  private readonly last = new Map<string, Promise<unknown>>();

  take<T>(chain: string, work: () => Promise<T>): Promise<T> {
    const before = this.last.get(chain);
    const turn = before ? before.then(work, work) : work();
    this.last.set(chain, turn);
    const leave = (): void => {
      if (this.last.get(chain) === turn) this.last.delete(chain);
    };
    turn.then(leave, leave);
    return turn;
  }

  /** Resolves when no work is left. */
  async idle(): Promise<void> {
    while (this.last.size > 0) await Promise.allSettled(this.last.values());
  }
}
