import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { ChainVerifier, encodeEntry, nextEntry, type Entry } from '@tollkeeper/kernel';
import { StoreUnavailable, type AppendRequest, type ChainStore } from '@tollkeeper/ports';
import { seededRandom, startMongoServer, type RealServer } from '@tollkeeper/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MongoChainStore } from './mongo-chain-store.js';

const all = Number.MAX_SAFE_INTEGER;
const timeoutMs = 1_500;

let folder: string;
let server: RealServer;
let stores: ChainStore[] = [];
let loads: Load[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'chains-mongo-faults-'));
  server = await startMongoServer({ folder });
  stores = [];
  loads = [];
}, 60_000);

afterEach(async () => {
  // A test that failed may have left its server paused and its writers at work.
  server.resume();
  await Promise.all(loads.map((load) => load.stop()));
  await Promise.all(stores.map((store) => store.close()));
  await server.stop();
  await rm(folder, { recursive: true });
}, 60_000);

async function opened(url = server.address): Promise<MongoChainStore> {
  const store = await MongoChainStore.open({ url, database: 'faults', timeoutMs });
  stores.push(store);
  return store;
}

function entryOf(chain: string, head: Pick<Entry, 'n' | 'hash'> | undefined, cause: string, bytes = 40): Entry {
  return nextEntry(chain, head, { bookedAt: 1_700_000_000_000, cause, kind: 'tested', body: new Uint8Array(bytes).fill(7), state: new Uint8Array(8) });
}

function request(entry: Entry): AppendRequest {
  return { entry, causeIndexed: true, pending: true };
}

function hex(entry: Entry): string {
  return Buffer.from(entry.hash).toString('hex');
}

/** Every chain is whole; answers the hashes by `chain n`. */
async function verified(store: ChainStore): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  for (const chain of await store.chains('', '', 10_000)) {
    const verifier = new ChainVerifier(chain);
    for (const entry of await store.read(chain, 1, all, all)) {
      expect(verifier.next(entry)).toBeUndefined();
      hashes.set(`${chain} ${entry.n}`, hex(entry));
    }
  }
  return hashes;
}

/** Writers that take heads and go on from them, until told to stop. What was acknowledged is in `told`. */
class Load {
  readonly told = new Map<string, string>();
  readonly refusals: unknown[] = [];
  private stopped = false;
  private readonly running: Promise<void>[];

  constructor(
    private readonly name: string,
    store: ChainStore,
    writers: number,
    chains: number,
  ) {
    loads.push(this);
    this.running = Array.from({ length: writers }, (_, writer) => this.write(store, writer, chains));
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running);
  }

  /** Resolves when so many more entries were acknowledged. */
  async more(entries: number): Promise<void> {
    const goal = this.told.size + entries;
    while (this.told.size < goal) await pause(10);
  }

  private async write(store: ChainStore, writer: number, chains: number): Promise<void> {
    const random = seededRandom(writer + 1);
    for (let round = 0; !this.stopped; round++) {
      const names = [...new Set(Array.from({ length: 1 + random(5) }, () => `chain/${random(chains)}`))];
      try {
        const heads = await store.heads(names);
        // Two entries of each chain in one call: the second must never stand without the first.
        const entries = names.flatMap((name, i) => {
          const first = entryOf(name, heads[i], `${this.name} ${writer} ${round} first`, random(500));
          return [first, entryOf(name, first, `${this.name} ${writer} ${round} second`, random(500))];
        });
        const outcomes = await store.append(entries.map(request));
        entries.forEach((entry, i) => outcomes[i]?.status === 'appended' && this.told.set(`${entry.chain} ${entry.n}`, hex(entry)));
      } catch (error) {
        this.refusals.push(error);
        await pause(50);
      }
    }
  }
}

/** Passes bytes to the server, and loses answers when told to: the command was done, and nobody hears of it. */
class LossyProxy {
  answersToLose = 0;
  private constructor(
    private readonly proxy: Server,
    readonly url: string,
  ) {}

  static async to(address: string): Promise<LossyProxy> {
    const target = Number(new URL(address).port);
    const proxy = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      let asksForInsert = false;
      client.on('data', (bytes) => {
        asksForInsert = bytes.includes('insert\0');
        upstream.write(bytes);
      });
      upstream.on('data', (bytes) => {
        if (asksForInsert && lossy.answersToLose > 0) {
          lossy.answersToLose--;
          client.destroy();
        } else client.write(bytes);
      });
      const end = (): void => void (client.destroy(), upstream.destroy());
      for (const socket of [client, upstream]) socket.on('close', end).on('error', end);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const lossy: LossyProxy = new LossyProxy(proxy, `mongodb://127.0.0.1:${(proxy.address() as AddressInfo).port}/?directConnection=true`);
    return lossy;
  }

  close(): void {
    this.proxy.close();
  }
}

describe('chains in MongoDB', () => {
  it('stay whole while two processes race on them, each with two entries in a call', async () => {
    const racing = [new Load('a', await opened(), 4, 3), new Load('b', await opened(), 4, 3)];
    await pause(3_000);
    await Promise.all(racing.map((load) => load.stop()));
    const hashes = await verified(await opened());
    const told = racing.flatMap((load) => [...load.told]);
    expect(racing.flatMap((load) => load.refusals)).toEqual([]);
    expect(new Set(told.map(([at]) => at)).size).toBe(told.length);
    expect([...hashes].sort()).toEqual(told.sort());
    expect(racing.every((load) => load.told.size > 10)).toBe(true);
  }, 60_000);

  it('hold everything acknowledged, without a gap, when the server is killed under load; the store recovers by itself', async () => {
    const store = await opened();
    const load = new Load('a', store, 6, 20);
    for (let round = 0; round < 4; round++) {
      await load.more(60);
      await server.kill();
      await pause(100);
      await server.restart();
    }
    await load.more(20);
    await load.stop();
    const hashes = await verified(store);
    for (const [at, hash] of load.told) expect([at, hashes.get(at)]).toEqual([at, hash]);
    expect(load.refusals.every((error) => error instanceof StoreUnavailable)).toBe(true);
    expect(load.refusals.length).toBeGreaterThan(0);
  }, 120_000);

  it('answer a paused server with StoreUnavailable in time, and go on when it is back, without a gap', async () => {
    const store = await opened();
    const load = new Load('a', store, 4, 10);
    await load.more(40);
    server.pause();
    const begun = performance.now();
    const refused: unknown = await store.append([request(entryOf('paused', undefined, 'once'))]).catch((error: unknown) => error);
    expect(performance.now() - begun).toBeLessThan(5 * timeoutMs);
    expect(refused).toBeInstanceOf(StoreUnavailable);
    expect(String(refused)).toMatch(/could not append entries: .*(?:timed out|no answer)/i);
    server.resume();
    await load.more(40);
    await load.stop();
    expect(await store.append([request(entryOf('paused', undefined, 'once'))])).toEqual([{ status: 'appended' }]);
    const hashes = await verified(store);
    for (const [at, hash] of load.told) expect([at, hashes.get(at)]).toEqual([at, hash]);
  }, 60_000);

  it('take an entry whose answer was lost for appended, at once or when it is tried again', async () => {
    const proxy = await LossyProxy.to(server.address);
    const store = await opened(proxy.url);
    const first = entryOf('lost', undefined, 'first');
    const second = entryOf('lost', first, 'second');
    proxy.answersToLose = 1;
    expect(await store.append([request(first)])).toEqual([{ status: 'appended' }]);
    proxy.answersToLose = 2;
    const outcome = await store.append([request(second)]).catch((error: unknown) => error);
    expect(outcome).toBeInstanceOf(StoreUnavailable);
    expect(proxy.answersToLose).toBe(0);
    expect(await store.append([request(second)])).toEqual([{ status: 'appended' }]);
    expect((await store.heads(['lost']))[0]?.n).toBe(2);
    proxy.close();
  }, 60_000);

  it('never take an entry that was made to follow one that lost its place', async () => {
    const store = await opened();
    const theirs = entryOf('a', undefined, 'theirs');
    await (await opened()).append([request(theirs)]);
    const mine = entryOf('a', undefined, 'mine');
    const outcomes = await store.append([request(mine), request(entryOf('a', mine, 'mine too'))]);
    expect(outcomes.map((outcome) => outcome.status === 'taken' && hex(outcome.by))).toEqual([hex(theirs), hex(theirs)]);
    expect((await verified(store)).size).toBe(1);
  });

  it('hold the same bytes as those of the embedded store', async () => {
    const level = await LevelChainStore.open({ folder: join(folder, 'level') });
    stores.push(level);
    const mongo = await opened();
    for (const store of [level, mongo]) {
      let head: Entry | undefined;
      for (let n = 1; n <= 30; n++) {
        const entry = entryOf('device/ten_1/Å-😀', head, `cause ${n}`, n * n * 50);
        await store.append([request(entry)]);
        head = entry;
      }
    }
    const bytes = async (store: ChainStore): Promise<string[]> =>
      (await store.read('device/ten_1/Å-😀', 1, all, all)).map((entry) => Buffer.from(encodeEntry(entry)).toString('base64'));
    expect(await bytes(mongo)).toEqual(await bytes(level));
    expect(await bytes(mongo)).toHaveLength(30);
  });

  it('refuse an entry that is too large to be kept, and name it', async () => {
    const store = await opened();
    await expect(store.append([request(entryOf('huge', undefined, 'first', 16 << 20))])).rejects.toThrow(/entry 1 of chain huge has 16\d+ bytes/);
    expect(await store.heads(['huge'])).toEqual([undefined]);
  });
});
