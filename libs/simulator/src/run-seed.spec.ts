import { describe, expect, it } from '@jest/globals';
import { runSeed } from './run-seed.js';

const seeds = 150;

describe('a world of faults', () => {
  it(`keeps every promise in ${seeds} seeds`, async () => {
    const broken: string[] = [];
    const faults = new Set<string>();
    for (let seed = 10_001; seed <= 10_000 + seeds; seed++) {
      const outcome = await runSeed(seed);
      if (outcome.violation) broken.push(`seed ${seed}: ${outcome.violation.message}\n  again: npm run sim -- --seed ${seed} --trace`);
      for (const kind of Object.keys(outcome.faults)) faults.add(kind);
    }
    expect(broken).toEqual([]);
    expect(faults.size).toBeGreaterThanOrEqual(16);
  }, 300_000);

  it('lives through a seed in the very same way again, whatever ran before it', async () => {
    const first = [];
    for (const seed of [3, 4, 5]) first.push(await runSeed(seed, { keepsHistory: true }));
    for (const [i, seed] of [3, 4, 5].entries()) {
      await runSeed(100 + seed);
      const again = await runSeed(seed, { keepsHistory: true });
      expect(again.history).toEqual(first[i]?.history);
      expect(again.traceHash).toBe(first[i]?.traceHash);
    }
  }, 60_000);

  it('is another world for another seed', async () => {
    const hashes = [];
    for (let seed = 1; seed <= 5; seed++) hashes.push((await runSeed(seed)).traceHash);
    expect(new Set(hashes).size).toBe(5);
  }, 60_000);
});
