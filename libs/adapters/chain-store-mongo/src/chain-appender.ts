import { sameBytes, type Entry } from '@tollkeeper/kernel';
import { StoreUnavailable, type AppendOutcome, type AppendRequest } from '@tollkeeper/ports';
import type { OptionalId } from 'mongodb';
import type { Insertion } from './bulk-result.js';
import { toDocument, type EntryDocument } from './entry-document.js';
import type { KnownTails } from './known-tails.js';

/**
 * From whom is read: what `majority` holds stands for ever, but a new primary may learn late that it does; `local` is all
 * that the primary has, and a part of it may be rolled back.
 */
export type Witness = 'majority' | 'local';

export interface ChainReads {
  /** Number of the chain's last entry, 0 without one. */
  tail(chain: string, witness: Witness): Promise<number>;
  at(chain: string, n: number, witness: Witness): Promise<Entry | undefined>;
}

/** What may become of a bulk insert is told by `GroupInserter`. */
export interface EntryInserter {
  insert(document: OptionalId<EntryDocument>): Promise<Insertion>;
  insertInOrder(documents: readonly OptionalId<EntryDocument>[]): Promise<readonly Insertion[]>;
}

export interface Patience {
  /** How long a majority may need to hold what the primary has. */
  readonly timeoutMs: number;
  pause(delayMs: number): Promise<unknown>;
}

const appended: AppendOutcome = { status: 'appended' };
const firstPauseMs = 5;
const longestPauseMs = 200;

/**
 * Brings the entries of one chain to their places, those of a call in the given order. An entry is only sent when its
 * predecessor is known to stand for ever, or in one ordered insert behind it: so no failure can leave a gap.
 */
export class ChainAppender {
  constructor(
    private readonly inserter: EntryInserter,
    private readonly reads: ChainReads,
    private readonly tails: KnownTails,
    private readonly patience: Patience,
  ) {}

  /** @throws StoreUnavailable, RangeError for an entry that would leave a gap */
  async append(requests: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    const outcomes: AppendOutcome[] = [];
    while (outcomes.length < requests.length) {
      const left = requests.slice(outcomes.length);
      const before = outcomes.length;
      outcomes.push(...(await this.next(left, this.lostBefore(requests, outcomes))));
      if (outcomes.length === before) throw new StoreUnavailable(`MongoDB answered nothing about entries of ${left[0]?.entry.chain}`);
    }
    return outcomes;
  }

  /** The entry that took the place in front of the next request, from an earlier request of the same call. */
  private lostBefore(requests: readonly AppendRequest[], outcomes: readonly AppendOutcome[]): Entry | undefined {
    const next = requests[outcomes.length]?.entry;
    const at = outcomes.findLastIndex((_, i) => requests[i]?.entry.n === (next?.n ?? 0) - 1);
    const outcome = outcomes[at];
    return outcome?.status === 'taken' ? outcome.by : undefined;
  }

  /** Outcomes of one or more requests, from the first on. */
  private async next(requests: readonly AppendRequest[], lostBefore: Entry | undefined): Promise<readonly AppendOutcome[]> {
    const [first] = requests;
    if (!first) return [];
    const { entry } = first;
    // What this entry was made to follow lost its place: it would not continue the chain that stands.
    if (lostBefore && entry.n > (this.tails.get(entry.chain) ?? 0)) return [{ status: 'taken', by: lostBefore }];
    const tail = await this.tailBefore(entry);
    return entry.n <= tail ? [await this.compare(entry)] : this.insert(followers(requests));
  }

  private async tailBefore({ chain, n }: Entry): Promise<number> {
    const known = this.tails.get(chain) ?? 0;
    if (n <= known + 1) return known;
    const reaches = async (): Promise<number | undefined> => {
      const tail = await this.reads.tail(chain, 'majority');
      this.tails.learn(chain, tail);
      return n <= tail + 1 ? tail : undefined;
    };
    const tail = await reaches();
    if (tail !== undefined) return tail;
    const newest = await this.reads.tail(chain, 'local');
    if (n > newest + 1) throw new RangeError(`entry ${n} of chain ${chain} would leave a gap: the last one is ${newest}`);
    return this.awaited(reaches, `no majority of the replica set holds entry ${n - 1} of ${chain} yet`);
  }

  private async insert(run: readonly AppendRequest[]): Promise<readonly AppendOutcome[]> {
    const outcomes: AppendOutcome[] = [];
    const results = await this.insertions(run);
    for (const [i, request] of run.entries()) {
      const result = results[i] ?? 'untried';
      if (result === 'untried') break;
      if (!this.stands(request.entry, result)) return [...outcomes, await this.contested(request)];
      outcomes.push(appended);
    }
    return outcomes;
  }

  private async insertions(run: readonly AppendRequest[]): Promise<readonly Insertion[]> {
    const documents = run.map(toDocument);
    const [single] = documents;
    return single && documents.length === 1 ? [await this.inserter.insert(single)] : this.inserter.insertInOrder(documents);
  }

  /** Whose entry stands where a number is known to stand. */
  private async compare(entry: Entry): Promise<AppendOutcome> {
    const { chain, n } = entry;
    const standing = (): Promise<Entry | undefined> => this.reads.at(chain, n, 'majority');
    const by = await standing();
    if (by) return outcomeBeside(by, entry);
    if (await this.reads.at(chain, n, 'local')) {
      return outcomeBeside(await this.awaited(standing, `no majority of the replica set holds entry ${n} of ${chain} at the moment`), entry);
    }
    this.tails.clear();
    throw new StoreUnavailable(`entry ${n} of ${chain} stood and is missing; was the database put back to an earlier state while this process ran?`);
  }

  /**
   * The place was taken while the entry came. By whom can be told once a majority holds the other entry; should it be
   * rolled back instead, the place is free again.
   */
  private async contested(request: AppendRequest): Promise<AppendOutcome> {
    const { entry } = request;
    const decide = async (): Promise<AppendOutcome | undefined> => {
      const by = await this.reads.at(entry.chain, entry.n, 'majority');
      if (by) {
        this.tails.learn(entry.chain, entry.n);
        return outcomeBeside(by, entry);
      }
      const [again = 'untried'] = await this.insertions([request]);
      return this.stands(entry, again) ? appended : undefined;
    };
    return this.awaited(decide, `the place of entry ${entry.n} of ${entry.chain} is taken by one that no majority of the replica set holds`);
  }

  /** Asks again, at growing distances, until there is an answer. */
  private async awaited<T>(ask: () => Promise<T | undefined>, otherwise: string): Promise<T> {
    let pauseMs = firstPauseMs;
    for (let waitedMs = 0; waitedMs <= this.patience.timeoutMs; waitedMs += pauseMs, pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await this.patience.pause(pauseMs);
    }
    throw new StoreUnavailable(otherwise);
  }

  /** True when the entry was inserted, false when its place was taken. */
  private stands({ chain, n }: Entry, result: Insertion): boolean {
    if (typeof result === 'object') throw new StoreUnavailable(`MongoDB refused entry ${n} of ${chain}: ${result.refused}`);
    if (result === 'inserted') this.tails.learn(chain, n);
    return result === 'inserted';
  }
}

/** The request, and those behind it whose entries follow one another. */
function followers(requests: readonly AppendRequest[]): readonly AppendRequest[] {
  const from = requests[0]?.entry.n ?? 0;
  const end = requests.findIndex(({ entry }, i) => entry.n !== from + i);
  return end < 0 ? requests : requests.slice(0, end);
}

/** Equal hashes are equal entries: the hash covers everything else. */
function outcomeBeside(by: Entry, entry: Entry): AppendOutcome {
  return sameBytes(by.hash, entry.hash) ? appended : { status: 'taken', by };
}
