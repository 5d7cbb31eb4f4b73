import { type AppendOutcome, type AppendRequest, type ChainStore, type EntryRef, StoreUnavailable } from '@tollkeeper/ports';
import type { Entry } from '@tollkeeper/kernel';
import type { SimProcess } from '../world/process.js';
import type { ChainDisk } from './chain-disk.js';

const unanswered = (): Error => new StoreUnavailable('the chain store did not answer');

/** One process's way to the chains. */
export class SimChainStore implements ChainStore {
  constructor(
    private readonly process: SimProcess,
    private readonly disk: ChainDisk,
  ) {}

  append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    const { chance } = this.process.world;
    const detail = requests.map(({ entry }) => `${entry.chain}#${entry.n} ${entry.kind} ${hex(entry.hash)}`).join(', ');
    return this.process.io('append', detail, {
      apply: () => this.disk.insertAll(requests),
      describe: (outcomes) => (outcomes.every(({ status }) => status === 'appended') ? '' : ` → ${outcomes.map(({ status }) => status).join(', ')}`),
      tear: () => {
        // Each chain keeps a first part of what was on its way; which chains do is chance.
        const cut = new Set<string>();
        for (const request of requests) {
          if (chance.hits(0.5)) cut.add(request.entry.chain);
          if (!cut.has(request.entry.chain)) this.disk.insert(request);
        }
      },
      unanswered,
    });
  }

  heads(chains: readonly string[]): Promise<readonly (Entry | undefined)[]> {
    return this.process.io('heads', chains.join(', '), { apply: () => chains.map((chain) => this.disk.head(chain)), unanswered });
  }

  read(chain: string, from: number, to: number, limit: number): Promise<readonly Entry[]> {
    return this.process.io('read', `${chain} ${from}`, { apply: () => this.disk.read(chain, from, to, limit), unanswered });
  }

  findCause(chain: string, cause: string): Promise<Entry | undefined> {
    return this.process.io('findCause', `${chain} ${cause}`, { apply: () => this.disk.findCause(chain, cause), unanswered });
  }

  chains(prefix: string, after: string, limit: number): Promise<readonly string[]> {
    return this.process.io('chains', `${prefix} behind ${after}`, { apply: () => this.disk.list(prefix, after, limit), unanswered });
  }

  pending(prefix: string, after: EntryRef | undefined, limit: number): Promise<readonly Entry[]> {
    return this.process.io('pending', prefix, { apply: () => this.disk.pending(prefix, after, limit), unanswered });
  }

  settle(refs: readonly EntryRef[]): Promise<void> {
    const { chance } = this.process.world;
    const detail = refs.map(({ chain, n }) => `${chain}#${n}`).join(', ');
    return this.process.io('settle', detail, {
      apply: () => this.disk.settle(refs),
      tear: () => this.disk.settle(refs.filter(() => chance.hits(0.5))),
      unanswered,
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 4)).toString('hex');
}
