import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ChainVerifier, type Entry } from '@tollkeeper/kernel';
import type { AppendOutcome, ChainStore } from '@tollkeeper/ports';
import { chainOf, entryAfter, plain, request } from './chain-fixtures.js';
import type { StorageFixture } from './storage-fixture.js';

/** What every chain store promises; `fresh` makes an empty storage. */
export function chainStoreSuite(name: string, fresh: () => Promise<StorageFixture<ChainStore>>): void {
  describe(`chain store: ${name}`, () => {
    let storage: StorageFixture<ChainStore>;
    let store: ChainStore;
    const reopen = async (): Promise<void> => {
      await store.close();
      store = await storage.open();
    };
    beforeEach(async () => {
      storage = await fresh();
      store = await storage.open();
    });
    afterEach(() => storage.dispose());

    appending(() => store);
    racing(() => store);
    reading(() => store);
    causesAndPending(() => store, reopen);

    it('holds everything after it was closed and opened again', async () => {
      const entries = chainOf('device/t1/a', 5);
      await store.append(entries.map((entry) => request(entry, { causeIndexed: true, pending: true })));
      await reopen();
      expect((await store.heads(['device/t1/a'])).map(plain)).toEqual([plain(entries[4])]);
      expect(await statuses(store, [entryAfter('device/t1/a', entries[4], 'c6')])).toEqual(['appended']);
      await expectVerified(store, 'device/t1/a', 6);
    });

    it('holds what it acknowledged when it ends without a word', async () => {
      if (!storage.crash) return;
      const entries = chainOf('device/t1/a', 40);
      for (const entry of entries) await store.append([request(entry)]);
      await storage.crash();
      store = await storage.open();
      await expectVerified(store, 'device/t1/a', 40);
    });
  });
}

async function statuses(store: ChainStore, entries: readonly Entry[]): Promise<AppendOutcome['status'][]> {
  return (await store.append(entries.map((entry) => request(entry)))).map((outcome) => outcome.status);
}

async function expectVerified(store: ChainStore, chain: string, count: number): Promise<void> {
  const verifier = new ChainVerifier(chain);
  for (const entry of await store.read(chain, 1, Number.MAX_SAFE_INTEGER, count + 1)) expect(verifier.next(entry)).toBeUndefined();
  expect(verifier.head.n).toBe(count);
}

function appending(store: () => ChainStore): void {
  it('appends entries of one chain in the given order within one call', async () => {
    expect(await statuses(store(), chainOf('a', 10))).toEqual(new Array(10).fill('appended'));
    await expectVerified(store(), 'a', 10);
  });

  it('appends to many chains in one call and answers in the order of the requests', async () => {
    const chains = Array.from({ length: 300 }, (_, i) => `device/t/${i}`);
    const firsts = chains.map((chain) => entryAfter(chain, undefined, 'first'));
    expect(await statuses(store(), firsts)).toEqual(new Array(300).fill('appended'));
    expect((await store().heads(chains)).map(plain)).toEqual(firsts.map(plain));
  });

  it('answers a retry of the very same entry with appended', async () => {
    const [first] = chainOf('a', 1);
    if (!first) throw new Error('a chain of one entry has one');
    await store().append([request(first)]);
    expect(await store().append([request(first)])).toEqual([{ status: 'appended' }]);
    await expectVerified(store(), 'a', 1);
  });

  it('answers with the entry that stands there when the place is taken, and changes nothing', async () => {
    const ours = entryAfter('a', undefined, 'ours');
    const theirs = entryAfter('a', undefined, 'theirs');
    await store().append([request(theirs)]);
    const [outcome] = await store().append([request(ours)]);
    expect(outcome?.status).toBe('taken');
    if (outcome?.status === 'taken') expect(plain(outcome.by)).toEqual(plain(theirs));
    expect((await store().heads(['a'])).map(plain)).toEqual([plain(theirs)]);
  });

  it('tells taken from appended in one call', async () => {
    const entries = chainOf('a', 3);
    await store().append(entries.slice(0, 2).map((entry) => request(entry)));
    const other = entryAfter('a', entries[0], 'other');
    const outcomes = await statuses(store(), [...entries, other, entryAfter('b', undefined, 'first')]);
    expect(outcomes).toEqual(['appended', 'appended', 'appended', 'taken', 'appended']);
  });

  it('takes an empty call', async () => {
    expect(await store().append([])).toEqual([]);
    expect(await store().heads([])).toEqual([]);
  });

  it('rejects an entry that would leave a gap, and names it', async () => {
    const entries = chainOf('device/t/gap', 3);
    const [, , third] = entries;
    if (!third) throw new Error('a chain of three entries has three');
    await expect(store().append([request(third)])).rejects.toThrow(/entry 3 of chain device\/t\/gap/);
    expect(await store().heads(['device/t/gap'])).toEqual([undefined]);
  });

  it('gives back bodies of any bytes and sizes', async () => {
    const sizes = [0, 1, 127, 128, 70_000, 1_500_000];
    let head: Entry | undefined;
    for (const size of sizes) {
      const entry = entryAfter('sizes', head, `of ${size}`, '\u0000ÿ'.repeat(size / 2));
      await store().append([request(entry)]);
      head = entry;
    }
    await expectVerified(store(), 'sizes', sizes.length);
  });

  it('keeps chains apart whose names begin alike or are not ASCII', async () => {
    const chains = ['a', 'a/', 'a/b', 'ab', 'Å/öre', 'a\u0001', '😀/1'];
    await store().append(chains.map((chain) => request(entryAfter(chain, undefined, `of ${chain}`))));
    const heads = await store().heads(chains);
    expect(heads.map((head) => head?.cause)).toEqual(chains.map((chain) => `of ${chain}`));
    expect(heads.map((head) => head?.chain)).toEqual(chains);
  });
}

function racing(store: () => ChainStore): void {
  it('lets exactly one of many racing entries stand at (chain, n)', async () => {
    for (let round = 0; round < 20; round++) {
      const chain = `race/${round}`;
      const rivals = Array.from({ length: 16 }, (_, i) => entryAfter(chain, undefined, `rival ${i}`));
      const outcomes = (await Promise.all(rivals.map((rival) => store().append([request(rival)])))).map(([outcome]) => outcome);
      expect(outcomes.filter((outcome) => outcome?.status === 'appended')).toHaveLength(1);
      const winner = rivals[outcomes.findIndex((outcome) => outcome?.status === 'appended')];
      const told = outcomes.map((outcome) => (outcome?.status === 'taken' ? plain(outcome.by) : plain(winner)));
      expect(told).toEqual(rivals.map(() => plain(winner)));
    }
  });

  it('answers appended to each of many racing tries of the same entry', async () => {
    const entry = entryAfter('same', undefined, 'once');
    const outcomes = await Promise.all(Array.from({ length: 16 }, () => statuses(store(), [entry])));
    expect(outcomes.flat()).toEqual(new Array(16).fill('appended'));
    await expectVerified(store(), 'same', 1);
  });

  it('keeps a chain whole while many writers try, fail and try again', async () => {
    const writers = 6;
    const each = 15;
    const write = async (writer: number): Promise<void> => {
      for (let i = 0; i < each; ) {
        const [head] = await store().heads(['shared']);
        const [status] = await statuses(store(), [entryAfter('shared', head, `writer ${writer} entry ${i}`)]);
        if (status === 'appended') i++;
      }
    };
    await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
    await expectVerified(store(), 'shared', writers * each);
    const causes = (await store().read('shared', 1, 1000, 1000)).map((entry) => entry.cause);
    expect(new Set(causes).size).toBe(writers * each);
  });

  it('takes many calls at once, each with many chains', async () => {
    const calls = Array.from({ length: 12 }, (_, call) =>
      Array.from({ length: 200 }, (_unused, i) => entryAfter(`bulk/${call}/${i}`, undefined, 'first')),
    );
    const outcomes = await Promise.all(calls.map((entries) => statuses(store(), entries)));
    expect(outcomes.flat().every((status) => status === 'appended')).toBe(true);
    expect(await store().chains('bulk/', '', 5000)).toHaveLength(2400);
  });
}

function reading(store: () => ChainStore): void {
  it('reads a range in order, both ends included, at most the limit', async () => {
    await store().append(chainOf('long', 300).map((entry) => request(entry)));
    const numbers = async (from: number, to: number, limit: number): Promise<number[]> =>
      (await store().read('long', from, to, limit)).map((entry) => entry.n);
    expect(await numbers(254, 258, 100)).toEqual([254, 255, 256, 257, 258]);
    expect(await numbers(1, 300, 3)).toEqual([1, 2, 3]);
    expect(await numbers(299, 900, 100)).toEqual([299, 300]);
    expect(await numbers(301, 900, 100)).toEqual([]);
    expect(await numbers(5, 4, 100)).toEqual([]);
    expect(await store().read('lon', 1, 300, 100)).toEqual([]);
  });

  it('answers undefined for a chain without entries, and a head once for each time it is asked for', async () => {
    const entry = entryAfter('there', undefined, 'first');
    await store().append([request(entry)]);
    const heads = await store().heads(['absent', 'there', 'absent', 'there']);
    expect(heads.map((head) => head?.cause)).toEqual([undefined, 'first', undefined, 'first']);
  });

  it('lists chains by prefix, ascending, page by page', async () => {
    const chains = ['b/1', 'b/10', 'b/2', 'b/é', 'a/1', 'c', 'b'];
    await store().append(chains.map((chain) => request(entryAfter(chain, undefined, 'first'))));
    expect(await store().chains('b/', '', 10)).toEqual(['b/1', 'b/10', 'b/2', 'b/é']);
    expect(await store().chains('b/', 'b/10', 1)).toEqual(['b/2']);
    expect(await store().chains('b/', 'b/é', 10)).toEqual([]);
    expect(await store().chains('', '', 2)).toEqual(['a/1', 'b']);
    expect(await store().chains('b/', 'a', 1)).toEqual(['b/1']);
    expect(await store().chains('b/', 'c', 1)).toEqual([]);
  });
}

function causesAndPending(store: () => ChainStore, reopen: () => Promise<void>): void {
  it('finds the entry of a cause that asked to be found, and only in its chain', async () => {
    const entries = chainOf('a', 3);
    await store().append(entries.map((entry, i) => request(entry, { causeIndexed: i !== 1 })));
    await reopen();
    expect(plain(await store().findCause('a', 'c3'))).toEqual(plain(entries[2]));
    expect(await store().findCause('a', 'c2')).toBeUndefined();
    expect(await store().findCause('b', 'c3')).toBeUndefined();
    expect(await store().findCause('a', 'c')).toBeUndefined();
  });

  it('does not let an entry that lost its place change what a cause finds', async () => {
    const stands = entryAfter('a', undefined, 'stands');
    await store().append([request(stands, { causeIndexed: true })]);
    await store().append([request(entryAfter('a', undefined, 'lost'), { causeIndexed: true, pending: true })]);
    expect(await store().findCause('a', 'lost')).toBeUndefined();
    expect(await store().pending('', undefined, 10)).toEqual([]);
  });

  it('lists pending entries until they are settled', async () => {
    const entries = [...chainOf('p/a', 3), ...chainOf('p/b', 2), ...chainOf('q/a', 1)];
    await store().append(entries.map((entry) => request(entry, { pending: entry.n !== 2 })));
    await reopen();
    const listed = await store().pending('p/', undefined, 10);
    expect(listed.map(({ chain, n }) => `${chain} ${n}`).sort()).toEqual(['p/a 1', 'p/a 3', 'p/b 1']);
    await store().settle([{ chain: 'p/a', n: 1 }, { chain: 'p/b', n: 1 }]);
    expect((await store().pending('p/', undefined, 10)).map(plain)).toEqual([plain(entries[2])]);
    await store().settle([{ chain: 'p/a', n: 1 }]);
    expect(await store().pending('', undefined, 10)).toHaveLength(2);
  });

  it('pages through pending entries behind a result', async () => {
    await store().append(chainOf('p', 25).map((entry) => request(entry, { pending: true })));
    const seen: number[] = [];
    for (let after: Entry | undefined; ; ) {
      const page = await store().pending('p', after, 10);
      seen.push(...page.map((entry) => entry.n));
      after = page.at(-1);
      if (!after) break;
    }
    expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, i) => i + 1));
  });
}
