import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ChainVerifier } from '@tollkeeper/kernel';
import type { ChainStore } from '@tollkeeper/ports';
import { runUntilKilled, seededRandom } from '@tollkeeper/testing';
import { appendFile, mkdtemp, readdir, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LevelChainStore } from './level-chain-store.js';

const program = fileURLToPath(new URL('../crash/append-until-killed.mjs', import.meta.url));
const all = Number.MAX_SAFE_INTEGER;

/** Every chain is whole, and entry, cause and pending mark of it agree. Answers the hashes by `chain n`. */
async function verified(store: ChainStore): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const chains = await store.chains('', '', 10_000);
  const heads = await store.heads(chains);
  for (const [i, chain] of chains.entries()) {
    const verifier = new ChainVerifier(chain);
    for (const entry of await store.read(chain, 1, all, all)) {
      expect(verifier.next(entry)).toBeUndefined();
      hashes.set(`${chain} ${entry.n}`, Buffer.from(entry.hash).toString('hex'));
    }
    expect(heads[i]?.n).toBe(verifier.head.n);
    expect((await store.findCause(chain, `cause ${verifier.head.n}`))?.n).toBe(verifier.head.n);
    expect(await store.findCause(chain, `cause ${verifier.head.n + 1}`)).toBeUndefined();
  }
  expect(await store.pending('', undefined, 1_000_000)).toHaveLength(hashes.size);
  return hashes;
}

function acknowledged(lines: readonly string[]): [string, string][] {
  return lines.filter((line) => line.startsWith('chain/')).map((line) => {
    const [chain = '', n = '', hash = ''] = line.split(' ');
    return [`${chain} ${n}`, hash];
  });
}

async function newestLog(folder: string): Promise<string> {
  const level = join(folder, 'level');
  const logs = (await readdir(level)).filter((name) => name.endsWith('.log')).sort();
  return join(level, logs.at(-1) ?? 'no log');
}

describe('LevelDB chain store after a crash', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chains-crash-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('holds everything that a killed process had been told was durable, in whole chains', async () => {
    const random = seededRandom(11);
    const told = new Map<string, string>();
    for (let round = 0; round < 5; round++) {
      const lines = await runUntilKilled([program, folder, String(round), '1000000'], 20 + random(120));
      for (const [at, hash] of acknowledged(lines)) told.set(at, hash);
      const store = await LevelChainStore.open({ folder });
      const hashes = await verified(store);
      for (const [at, hash] of told) expect([at, hashes.get(at)]).toEqual([at, hash]);
      await store.close();
    }
    expect(told.size).toBeGreaterThan(100);
  }, 60_000);

  it('recovers from a torn tail: what was cut off is gone as a whole, what was before stands', async () => {
    await runUntilKilled([program, folder, '1', '1000000'], 100);
    const random = seededRandom(5);
    for (let round = 0; round < 5; round++) {
      const log = await newestLog(folder);
      const { size } = await stat(log);
      if (round % 2 === 0) await truncate(log, Math.max(0, size - 1 - random(3000)));
      else await appendFile(log, Buffer.from(Array.from({ length: 1 + random(300) }, () => random(256))));
      const store = await LevelChainStore.open({ folder });
      await verified(store);
      await store.close();
      await runUntilKilled([program, folder, `${round + 2}`, '1000000'], 30);
    }
  }, 60_000);

  it('refuses what it cannot write, and goes on when it can', async () => {
    // No file may grow beyond 1 MiB, so that the log of the database runs into the limit; a new log starts small again.
    const lines = await runUntilKilled([program, folder, '3', '3000', '8192'], 30_000, { fileLimitKiB: 1024 });
    const refused = Number(lines.find((line) => line.startsWith('refused'))?.split(' ')[1]);
    expect(refused).toBeGreaterThan(0);
    const store = await LevelChainStore.open({ folder });
    const hashes = await verified(store);
    for (const [at, hash] of acknowledged(lines)) expect([at, hashes.get(at)]).toEqual([at, hash]);
    expect(acknowledged(lines).length).toBeGreaterThanOrEqual(3000);
    await store.close();
  }, 60_000);
});
