import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { plants } from '../plants/plants.js';
import { readArguments, usage } from './arguments.js';

const main = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

interface Sums {
  readonly seeds: number;
  readonly broken: readonly { readonly message: string; readonly again: string }[];
  readonly crashPoints: readonly string[];
}

function sim(...words: readonly string[]): Sums {
  const { stdout } = spawnSync(process.execPath, [main, ...words, '--json'], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return JSON.parse(stdout) as Sums;
}

describe('npm run sim', () => {
  it('is built: `npm test` does so before it runs', () => {
    expect(existsSync(main)).toBe(true);
  });

  it('keeps every promise in 1,000 seeds', () => {
    const { seeds, broken, crashPoints } = sim('--seeds', '1000');
    expect(broken.map(({ message, again }) => `${message}\n  again: ${again}`)).toEqual([]);
    expect(seeds).toBe(1000);
    expect(crashPoints.length).toBeGreaterThan(20);
  }, 900_000);

  it('says how to see a broken seed again', () => {
    const { broken } = sim('--seeds', '4', '--plant', 'overwrite-entry');
    expect(broken[0]?.again).toMatch(/^npm run sim -- --seed \d+ --trace --plant overwrite-entry$/);
  }, 60_000);

  it('prints the history of a seed, and its digest', () => {
    const told = execFileSync(process.execPath, [main, '--seed', '7', '--trace'], { encoding: 'utf8', maxBuffer: 1 << 26 });
    expect(told).toMatch(/append device\//);
    expect(told).toMatch(/seed 7: \d+ events in [\d.]+ virtual seconds, trace [0-9a-f]{16}/);
  }, 60_000);

  it('says what is wrong with a wrong command', () => {
    expect(readArguments(['--seeds', 'many'])).toMatch(/whole numbers/);
    expect(readArguments(['--plant', 'ivy'])).toMatch(/no bug "ivy"/);
    expect(readArguments(['--nonsense'])).toMatch(/nonsense/);
    for (const { name } of plants) expect(usage()).toContain(name);
  });
});
