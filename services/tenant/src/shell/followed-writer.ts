import { ChainWriter, type Command, type FollowUp, type Written } from '@tollkeeper/chain-kit';
import { type Entry, Problem } from '@tollkeeper/kernel';
import type { ServicePorts } from '@tollkeeper/nest-kit';

const sweepEveryMs = 30_000;
/** Far more than are ever pending of one chain at a time. */
const mostPendingOfChain = 100;

/**
 * A chain writer whose commands answer only when what follows their entry is done: a contract is in force, a key can log
 * in. When that fails the caller hears it, the entry stands, and the sweeper goes on trying.
 */
export class FollowedWriter {
  private readonly chains: ChainWriter;
  private readonly works = new Map<string, FollowUp>();
  /** Entries whose follow-up failed and is not done yet; the store's pending entries bound it. */
  private readonly failures = new Map<string, unknown>();
  private cancelSweep: (() => void) | undefined;
  private stopped = false;

  constructor(
    private readonly ports: Pick<ServicePorts, 'chains' | 'views' | 'timers'>,
    private readonly log: (text: string) => void,
  ) {
    this.chains = new ChainWriter({
      chains: ports.chains,
      views: ports.views,
      timers: ports.timers,
      onFollowUpFailed: (entry, error) => {
        this.failures.set(nameOf(entry), error);
        this.log(`what follows ${nameOf(entry)} (${entry.kind}) is not done yet: ${textOf(error)}`);
      },
    });
  }

  follow(prefix: string, work: FollowUp): void {
    const remembering: FollowUp = async (entry) => {
      await work(entry);
      this.failures.delete(nameOf(entry));
    };
    this.works.set(prefix, remembering);
    this.chains.follow(prefix, remembering);
  }

  state<S>(chain: string): Promise<S | undefined> {
    return this.chains.state<S>(chain);
  }

  /** @throws Problem whatever the decision refused, or `unavailable` when what follows the entry cannot be done now. */
  async execute<S>(command: Command<S>): Promise<Written> {
    const written = await this.chains.execute(command);
    const { entry, fresh } = written;
    if (entry && (this.failures.has(nameOf(entry)) || (!fresh && (await this.isPending(entry))))) await this.finish(entry, fresh);
    return written;
  }

  /** What follows an entry of another process may have failed there, or be cut off with it: only the store knows. */
  private async isPending({ chain, n }: Entry): Promise<boolean> {
    const pending = await this.ports.chains.pending(chain, undefined, mostPendingOfChain);
    return pending.some((entry) => entry.chain === chain && entry.n === n);
  }

  private async finish(entry: Entry, fresh: boolean): Promise<void> {
    let error = this.failures.get(nameOf(entry));
    if (!fresh) {
      try {
        await this.works.get(entry.chain.slice(0, entry.chain.indexOf('/') + 1))?.(entry);
        return;
      } catch (again) {
        error = again;
      }
    }
    const why = error instanceof Problem ? error.detail : 'A part of the platform did not answer.';
    throw new Problem(
      'unavailable',
      `It is saved, but not in force yet: ${why} Send the same request again; it is also tried again by itself.`,
      { retryAfterS: 5 },
    );
  }

  /** Finishes what a crash left, now and every half minute. */
  async start(): Promise<void> {
    await this.chains.sweep();
    this.sweepLater();
  }

  private sweepLater(): void {
    if (this.stopped) return;
    this.cancelSweep = this.ports.timers.after(sweepEveryMs, () => {
      this.chains
        .sweep()
        .catch((error: unknown) => this.log(`the sweep failed: ${textOf(error)}`))
        .finally(() => this.sweepLater());
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancelSweep?.();
    await this.chains.settle();
  }
}

function nameOf(entry: Entry): string {
  return `${entry.chain}#${entry.n}`;
}

/** What an error says; errors of Node itself may come from another realm, where `instanceof` does not hold. */
export function textOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : String(error);
}
