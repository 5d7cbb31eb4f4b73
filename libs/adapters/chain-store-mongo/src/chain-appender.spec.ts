import { describe, expect, it } from '@jest/globals';
import { ChainVerifier, decodeEntry, nextEntry, sameBytes, type Entry } from '@tollkeeper/kernel';
import { StoreUnavailable } from '@tollkeeper/ports';
import { seededRandom } from '@tollkeeper/testing';
import { setImmediate as turn } from 'node:timers/promises';
import type { Insertion } from './bulk-result.js';
import { ChainAppender, type ChainReads, type EntryInserter, type Witness } from './chain-appender.js';
import { toDocument, type EntryDocument } from './entry-document.js';
import { KnownTails } from './known-tails.js';

type Stored = Pick<EntryDocument, 'entry'>;

/**
 * What a replica set may do, as far as entries can tell: a majority holds them later than the primary, a failover rolls back
 * what no majority holds, the new primary learns late what stands, and a command may be lost, or done after it was given up.
 */
class ReplicaSet implements ChainReads, EntryInserter {
  log: Entry[] = [];
  private committed = 0;
  private visible = 0;
  private waiting: { readonly upTo: number; resolve(): void; reject(reason: unknown): void }[] = [];
  private late: (() => void)[] = [];

  constructor(private readonly random: (below: number) => number) {}

  tail(chain: string, witness: Witness): Promise<number> {
    return this.answer(() => this.seen(witness).filter((entry) => entry.chain === chain).length);
  }

  at(chain: string, n: number, witness: Witness): Promise<Entry | undefined> {
    return this.answer(() => this.seen(witness).find((entry) => entry.chain === chain && entry.n === n));
  }

  async insert(document: Stored): Promise<Insertion> {
    const [insertion = 'untried'] = await this.insertInOrder([document]);
    return insertion;
  }

  insertInOrder(documents: readonly Stored[]): Promise<readonly Insertion[]> {
    const entries = documents.map(({ entry }) => decodeEntry(entry));
    if (this.random(12) === 0) {
      if (this.random(2) === 0) this.late.push(() => this.apply(entries));
      return Promise.reject(new StoreUnavailable('the connection broke'));
    }
    return this.answer(() => {
      const insertions = this.apply(entries);
      return this.committedUpTo(this.log.length).then(() => insertions);
    });
  }

  tick(): void {
    const event = this.random(10);
    if (event === 0) this.failOver();
    if (event < 5) this.late.shift()?.();
    if (event > 4) this.committed += this.random(this.log.length - this.committed + 1);
    if (event > 6) this.visible += this.random(this.committed - this.visible + 1);
    const done = this.waiting.filter(({ upTo }) => upTo <= this.committed);
    this.waiting = this.waiting.filter(({ upTo }) => upTo > this.committed);
    for (const { resolve } of done) resolve();
  }

  heal(): void {
    for (const apply of this.late.splice(0)) apply();
    this.visible = this.committed = this.log.length;
  }

  private failOver(): void {
    this.log = this.log.slice(0, this.committed);
    this.visible = this.random(this.committed + 1);
    for (const { reject } of this.waiting.splice(0)) reject(new StoreUnavailable('the primary stepped down'));
  }

  private seen(witness: Witness): readonly Entry[] {
    return witness === 'local' ? this.log : this.log.slice(0, this.visible);
  }

  private apply(entries: readonly Entry[]): readonly Insertion[] {
    const insertions: Insertion[] = [];
    for (const entry of entries) {
      const taken = insertions.includes('duplicate');
      const duplicate = this.log.some(({ chain, n }) => chain === entry.chain && n === entry.n);
      insertions.push(taken ? 'untried' : duplicate ? 'duplicate' : 'inserted');
      if (!taken && !duplicate) this.log.push(entry);
    }
    return insertions;
  }

  private committedUpTo(upTo: number): Promise<void> {
    return new Promise((resolve, reject) => this.waiting.push({ upTo, resolve, reject }));
  }

  private async answer<T>(give: () => T | Promise<T>): Promise<T> {
    for (let i = this.random(3); i > 0; i--) await turn();
    return give();
  }
}

function appenderOn(replicas: ReplicaSet, tails = new KnownTails(2)): ChainAppender {
  return new ChainAppender(replicas, replicas, tails, { timeoutMs: 3_000, pause: () => turn() });
}

function entryOf(chain: string, head: Entry | undefined, cause: string): Entry {
  return nextEntry(chain, head, { bookedAt: 1, cause, kind: 'tested', body: new Uint8Array(3), state: new Uint8Array(2) });
}

const request = (entry: Entry) => ({ entry, causeIndexed: false, pending: false });

/** One process: takes the head that it can see, and appends up to three entries behind it, again and again. */
async function write(replicas: ReplicaSet, name: string, random: (below: number) => number, told: Entry[], refusals: unknown[]): Promise<void> {
  const appender = appenderOn(replicas);
  for (let round = 0; round < 25; round++) {
    const chain = `chain/${random(2)}`;
    const head = await replicas.at(chain, await replicas.tail(chain, 'majority'), 'majority');
    const entries: Entry[] = [];
    for (let i = 0; i <= random(3); i++) entries.push(entryOf(chain, entries.at(-1) ?? head, `${name} ${round} ${i}`));
    for (let tries = 0; tries < 3; tries++) {
      try {
        const outcomes = await appender.append(entries.map(request));
        told.push(...entries.filter((_, i) => outcomes[i]?.status === 'appended'));
        break;
      } catch (error) {
        refusals.push(error);
      }
    }
  }
}

describe('appending to a chain on a replica set that fails in every way', () => {
  it('leaves no gap, keeps what was acknowledged, and never lets an entry follow another than its own', async () => {
    let appended = 0;
    let refused = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const random = seededRandom(seed);
      const replicas = new ReplicaSet(random);
      const told: Entry[] = [];
      const refusals: unknown[] = [];
      let working = true;
      const processes = Promise.all(['a', 'b', 'c'].map((name) => write(replicas, name, random, told, refusals))).finally(() => (working = false));
      while (working) {
        replicas.tick();
        await turn();
      }
      await processes;
      replicas.heal();
      for (const chain of ['chain/0', 'chain/1']) {
        const verifier = new ChainVerifier(chain);
        for (const entry of replicas.log.filter((one) => one.chain === chain)) expect([seed, verifier.next(entry)]).toEqual([seed, undefined]);
      }
      const lost = told.filter((entry) => !replicas.log.some((one) => sameBytes(one.hash, entry.hash)));
      expect([seed, lost]).toEqual([seed, []]);
      expect([seed, refusals.filter((error) => !(error instanceof StoreUnavailable))]).toEqual([seed, []]);
      appended += told.length;
      refused += refusals.length;
    }
    expect(appended).toBeGreaterThan(500);
    expect(refused).toBeGreaterThan(50);
  });

  it('takes a chain that a majority does not show yet for what it is, and one that ends earlier for a gap', async () => {
    const replicas = new ReplicaSet(() => 0);
    const first = entryOf('a', undefined, 'first');
    const second = entryOf('a', first, 'second');
    replicas.log.push(first);
    const third = entryOf('a', second, 'third');
    await expect(appenderOn(replicas).append([request(second)])).rejects.toThrow(/no majority of the replica set holds entry 1 of a yet/);
    await expect(appenderOn(replicas).append([request(third)])).rejects.toThrow(RangeError);
  });

  it('says that the database was put back when an entry is missing that stood', async () => {
    const tails = new KnownTails(10);
    tails.learn('a', 3);
    const entry = entryOf('a', undefined, 'first');
    await expect(appenderOn(new ReplicaSet(() => 1), tails).append([request(entry)])).rejects.toThrow(/put back to an earlier state/);
    expect(tails.get('a')).toBeUndefined();
  });

  it('keeps chain and cause of a document for the indexes that ask for them alone', () => {
    const first = entryOf('a', undefined, 'why');
    expect(toDocument(request(first))).toMatchObject({ first: 'a', cause: undefined, pending: undefined });
    const second = { entry: entryOf('a', first, 'why'), causeIndexed: true, pending: true };
    expect(toDocument(second)).toMatchObject({ first: undefined, cause: 'a\0why', pending: 'a\u00000000000000000002' });
  });
});
