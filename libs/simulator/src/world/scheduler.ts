interface Planned {
  readonly at: number;
  /** Breaks ties in the order of planning. */
  readonly order: number;
  run: (() => void) | undefined;
}

const nothing = (): void => undefined;

/**
 * Virtual time and what is going to happen in it. Nothing else makes the product go on: between two events its microtasks
 * run dry, so that the order of the events, and with it the seed, decides everything.
 */
export class Scheduler {
  /** Milliseconds since the world began. */
  now = 0;
  private readonly heap: Planned[] = [];
  private planned = 0;
  /** Told whenever something is planned; a conformance suite drives the world by it. */
  onPlanned: () => void = nothing;

  /** Plans `run`; calling the result takes it back. */
  after(delayMs: number, run: () => void): () => void {
    const item: Planned = { at: this.now + Math.max(0, delayMs), order: this.planned++, run };
    this.push(item);
    this.onPlanned();
    return () => (item.run = undefined);
  }

  /** When the next event is due, on the virtual clock; undefined when nothing is planned. */
  get nextAt(): number | undefined {
    while (this.heap[0] && !this.heap[0].run) this.pop();
    return this.heap[0]?.at;
  }

  /** Lets the next event happen; false when none is planned. */
  async next(): Promise<boolean> {
    if (this.nextAt === undefined) return false;
    const item = this.pop();
    if (!item) return false;
    this.now = Math.max(this.now, item.at);
    const run = item.run;
    item.run = undefined;
    run?.();
    await new Promise((resolve) => setImmediate(resolve));
    return true;
  }

  /** Goes on until `done`; answers false when nothing is left to happen or `limitMs` of virtual time have passed. */
  async run(done: () => boolean, limitMs: number): Promise<boolean> {
    const end = this.now + limitMs;
    await new Promise((resolve) => setImmediate(resolve));
    while (!done()) {
      if ((this.nextAt ?? Number.POSITIVE_INFINITY) > end) return false;
      await this.next();
    }
    return true;
  }

  private push(item: Planned): void {
    const { heap } = this;
    let at = heap.push(item) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (!above || !isBefore(item, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = item;
  }

  private pop(): Planned | undefined {
    const { heap } = this;
    const top = heap[0];
    const last = heap.pop();
    if (!last || heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (!left) break;
      if (right && isBefore(right, left)) child++;
      const least = heap[child];
      if (!least || !isBefore(least, last)) break;
      heap[at] = least;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}

function isBefore(a: Planned, b: Planned): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
