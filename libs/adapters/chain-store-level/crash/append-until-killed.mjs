/**
 * Appends to a chain store and says on its output, line by line, what was acknowledged: `chain n hash`. The spec beside
 * the store kills it and looks whether it told the truth.
 * Arguments: folder, seed, entries after which it stops by itself, KiB that LevelDB collects in its log.
 */
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { nextEntry } from '@tollkeeper/kernel';
import { writeSync } from 'node:fs';

const [folder, seed, most] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const writeBufferBytes = Number(process.argv[5] ?? 1024) * 1024;
const workers = 4;
const chainsEach = 25;

/** Mulberry32: the same seed gives the same run. */
function randomFrom(start) {
  let state = start;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const store = await LevelChainStore.open({ folder, writeBufferBytes });
const body = new Uint8Array(4000);
let appended = 0;
let refused = 0;

async function work(worker) {
  const random = randomFrom(seed * workers + worker);
  while (appended < most) {
    const chains = [...new Set(Array.from({ length: 1 + random(8) }, () => `chain/${worker}/${random(chainsEach)}`))];
    try {
      const heads = await store.heads(chains);
      const entries = chains.map((chain, i) => {
        const cause = `cause ${(heads[i]?.n ?? 0) + 1}`;
        return nextEntry(chain, heads[i], { bookedAt: 1, cause, kind: 'tested', body: body.subarray(0, random(body.length)), state: new Uint8Array(8) });
      });
      await store.append(entries.map((entry) => ({ entry, causeIndexed: true, pending: true })));
      appended += entries.length;
      writeSync(1, entries.map(({ chain, n, hash }) => `${chain} ${n} ${Buffer.from(hash).toString('hex')}\n`).join(''));
    } catch (error) {
      if (error.name !== 'StoreUnavailable') throw error;
      refused++;
    }
  }
}

await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
await store.close();
writeSync(1, `refused ${refused}\n`);
