import { SpanKind } from '@opentelemetry/api';
import type { Entry } from '@tollkeeper/kernel';
import { inSpan, type SpanDescription } from '@tollkeeper/nest-kit';
import type { AppendOutcome, AppendRequest, ChainStore, EntryRef } from '@tollkeeper/ports';

/** A span for each write: that is what decides, and what takes time. Chains are not named: their names may hold a person's device. */
export class TracedChainStore implements ChainStore {
  constructor(
    private readonly chainStore: ChainStore,
    private readonly system: string,
  ) {}

  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    return inSpan(() => this.describeAppend(requests), () => this.chainStore.append(requests));
  }

  heads(chains: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    return this.chainStore.heads(chains);
  }

  read(chain: string, from: number, to: number, limit: number): Promise<readonly Entry[]> {
    return this.chainStore.read(chain, from, to, limit);
  }

  findCause(chain: string, cause: string): Promise<Entry | undefined> {
    return this.chainStore.findCause(chain, cause);
  }

  chains(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    return this.chainStore.chains(prefix, after, limit);
  }

  pending(prefix: string, after: EntryRef | undefined, limit: number): Promise<readonly Entry[]> {
    return this.chainStore.pending(prefix, after, limit);
  }

  settle(refs: readonly EntryRef[]): Promise<void> {
    return this.chainStore.settle(refs);
  }

  close(): Promise<void> {
    return this.chainStore.close();
  }

  private describeAppend(requests: readonly AppendRequest[]): SpanDescription {
    const kinds = new Set<string>();
    for (const { entry } of requests) kinds.add(`${entry.chain.slice(0, entry.chain.indexOf('/'))}.${entry.kind}`);
    return {
      name: 'append chains',
      kind: SpanKind.CLIENT,
      attributes: {
        'db.system.name': this.system,
        'db.operation.name': 'append',
        'db.collection.name': 'chains',
        ...(requests.length > 1 ? { 'db.operation.batch.size': requests.length } : {}),
        'tollkeeper.entry.kinds': [...kinds],
      },
    };
  }
}
