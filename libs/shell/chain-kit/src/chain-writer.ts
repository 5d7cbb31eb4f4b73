import { type Entry, fromCanonicalBytes, type Instant, type Json, nextEntry, toCanonicalBytes } from '@tollkeeper/kernel';
import type { ChainStore, EntryRef, Timers, ViewStore } from '@tollkeeper/ports';

/** What a pure decision wants written. `state` is the whole folded state afterwards. */
export interface Draft<S> {
  readonly kind: string;
  /** Plain JSON of the owner's type; numbers are safe integers, decimals strings. */
  readonly body: Json | object;
  readonly state: S;
}

export interface Command<S> {
  readonly chain: string;
  /** Same chain and cause: same entry, for ever. */
  readonly cause: string;
  readonly now: Instant;
  /**
   * Pure: the state at the head (undefined for an empty chain) → what to write, or undefined for nothing. May run again
   * when another writer was faster. Throws a Problem to refuse.
   */
  decide(state: S | undefined, head: Entry | undefined): Draft<S> | undefined;
}

export interface Written {
  /** Undefined when the decision was to write nothing. */
  readonly entry: Entry | undefined;
  /** False when this cause had made the entry before. */
  readonly fresh: boolean;
}

/** Work that must follow an entry: views, facts, requests to others. Idempotent: it may run again after a crash. */
export type FollowUp = (entry: Entry) => Promise<void>;

export interface ChainWriterPorts {
  readonly chains: ChainStore;
  readonly views: ViewStore;
  readonly timers: Timers;
  /** Told of follow-ups that failed; the sweeper tries them again. */
  onFollowUpFailed(entry: Entry, error: unknown): void;
}

const settleDelayMs = 100;
const sweepPage = 200;

/**
 * Writes the accounts of one service: load the head, decide, append, follow up. Follow-ups of chains are registered by
 * the prefix of the chain's name; an entry stays pending until its follow-up is done and durable.
 */
export class ChainWriter {
  private readonly followUps = new Map<string, FollowUp>();
  private readonly queues = new Map<string, Promise<unknown>>();
  private readonly running = new Map<string, Promise<void>>();
  private done: EntryRef[] = [];
  private cancelSettle: (() => void) | undefined;

  constructor(private readonly ports: ChainWriterPorts) {}

  /** `prefix` is a chain's name up to and including its first slash: `customer/`. */
  follow(prefix: string, work: FollowUp): void {
    if (this.followUps.has(prefix)) throw new Error(`${prefix} has a follow-up already`);
    this.followUps.set(prefix, work);
  }

  /** The folded state of a chain, undefined when it has no entry. */
  async state<S>(chain: string): Promise<S | undefined> {
    const [head] = await this.ports.chains.heads([chain]);
    return head && fromCanonicalBytes<S>(head.state);
  }

  /** Resolves when the entry is durable and its follow-up was tried. Commands on one chain queue up in this process. */
  execute<S>(command: Command<S>): Promise<Written> {
    const before = this.queues.get(command.chain) ?? Promise.resolve();
    const turn = before.then(
      () => this.write(command),
      () => this.write(command),
    );
    this.queues.set(command.chain, turn);
    const leave = () => {
      if (this.queues.get(command.chain) === turn) this.queues.delete(command.chain);
    };
    turn.then(leave, leave);
    return turn;
  }

  private async write<S>(command: Command<S>): Promise<Written> {
    const { chains } = this.ports;
    for (;;) {
      // The head first: whoever uses this cause after the head was read takes the place that this write is going to ask for.
      const [head] = await chains.heads([command.chain]);
      const earlier = await chains.findCause(command.chain, command.cause);
      if (earlier) {
        await this.running.get(key(earlier));
        return { entry: earlier, fresh: false };
      }
      const draft = command.decide(head && fromCanonicalBytes<S>(head.state), head);
      if (!draft) return { entry: undefined, fresh: false };
      const entry = nextEntry(command.chain, head, {
        bookedAt: command.now,
        cause: command.cause,
        kind: draft.kind,
        body: toCanonicalBytes(draft.body as Json),
        state: toCanonicalBytes(draft.state as Json),
      });
      const [outcome] = await chains.append([{ entry, causeIndexed: true, pending: this.followUps.has(prefixOf(entry)) }]);
      if (outcome?.status !== 'appended') continue;
      await this.followUp(entry);
      return { entry, fresh: true };
    }
  }

  private async followUp(entry: Entry): Promise<void> {
    const name = key(entry);
    const running = this.running.get(name) ?? this.runFollowUp(entry).finally(() => this.running.delete(name));
    this.running.set(name, running);
    await running;
  }

  private async runFollowUp(entry: Entry): Promise<void> {
    const work = this.followUps.get(prefixOf(entry));
    if (!work) return;
    try {
      await work(entry);
      this.done.push({ chain: entry.chain, n: entry.n });
      this.cancelSettle ??= this.ports.timers.after(settleDelayMs, () => void this.settle().catch(() => undefined));
    } catch (error) {
      this.ports.onFollowUpFailed(entry, error);
    }
  }

  /** What was followed up counts as done only once the views that show it are durable. */
  async settle(): Promise<void> {
    this.cancelSettle?.();
    this.cancelSettle = undefined;
    const refs = this.done;
    this.done = [];
    if (refs.length === 0) return;
    try {
      await this.ports.views.flush();
      await this.ports.chains.settle(refs);
    } catch (error) {
      this.done.push(...refs);
      throw error;
    }
  }

  /** Finishes what a crash or a failure left undone. Returns how many entries it followed up. */
  async sweep(): Promise<number> {
    await this.settle();
    let finished = 0;
    for (const prefix of this.followUps.keys()) {
      let after: EntryRef | undefined;
      for (;;) {
        const entries = await this.ports.chains.pending(prefix, after, sweepPage);
        for (const entry of entries) await this.followUp(entry);
        finished += entries.length;
        after = entries.at(-1);
        if (entries.length < sweepPage) break;
      }
    }
    await this.settle();
    return finished;
  }
}

/** Name of the chain up to and including its first slash. */
function prefixOf({ chain }: Entry): string {
  return chain.slice(0, chain.indexOf('/') + 1);
}

function key(entry: EntryRef): string {
  return `${entry.chain}#${entry.n}`;
}
