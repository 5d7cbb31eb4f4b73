import { describe, expect, it } from '@jest/globals';
import { runSeed } from '../run-seed.js';
import { plants } from './plants.js';

/** A planted bug that so many worlds do not notice would pass as none. */
const mostSeeds = 60;

describe('planted bugs', () => {
  it('are at least eight, each with a name of its own', () => {
    expect(plants.length).toBeGreaterThanOrEqual(8);
    expect(new Set(plants.map(({ name }) => name)).size).toBe(plants.length);
  });

  for (const plant of plants) {
    it(`are caught: ${plant.name} (${plant.description})`, async () => {
      for (let seed = 1; seed <= mostSeeds; seed++) {
        const { violation } = await runSeed(seed, { plant });
        if (violation) return;
      }
      throw new Error(`${mostSeeds} seeds did not notice that ${plant.description}`);
    }, 120_000);
  }
});
