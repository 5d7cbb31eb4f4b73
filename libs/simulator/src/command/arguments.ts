import { parseArgs } from 'node:util';
import { plants } from '../plants/plants.js';
import type { Plant } from '../plants/plant.js';

export interface Arguments {
  readonly firstSeed: number;
  readonly count: number;
  readonly workers: number;
  readonly tellsHistory: boolean;
  readonly isJson: boolean;
  readonly isHelp: boolean;
  readonly plant: Plant | undefined;
  /** Set in a worker: it writes one JSON line for each seed. */
  readonly isWorker: boolean;
}

export function usage(): string {
  const names = plants.map(({ name, description }) => `  ${name.padEnd(24)}${description}`).join('\n');
  return `npm run sim -- [--seeds N] [--seed K] [--trace] [--plant BUG] [--workers W] [--json]

  --seeds N     how many worlds to live through (100)
  --seed K      the first of them (1); alone it means this one world
  --trace       print the history of each world
  --plant BUG   put a bug into each world, which must then be caught
  --workers W   processes that share the work (2)
  --json        one JSON object instead of lines

Bugs that can be planted:
${names}`;
}

/** What was asked for, or what is wrong with it. */
export function readArguments(words: readonly string[]): Arguments | string {
  const options = {
    seeds: { type: 'string' },
    seed: { type: 'string' },
    trace: { type: 'boolean' },
    plant: { type: 'string' },
    workers: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
    worker: { type: 'boolean' },
  } as const;
  let values;
  try {
    ({ values } = parseArgs({ args: [...words], options }));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const whole = (text: string | undefined, otherwise: number): number => (text === undefined ? otherwise : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN);
  const firstSeed = whole(values.seed, 1);
  const count = whole(values.seeds, values.seed === undefined ? 100 : 1);
  const workers = whole(values.workers, 2);
  const plant = plants.find(({ name }) => name === values.plant);
  if ([firstSeed, count, workers].some(Number.isNaN)) return '--seeds, --seed and --workers take whole numbers';
  if (count === 0 || workers === 0) return '--seeds and --workers must be above zero';
  if (values.plant !== undefined && !plant) return `there is no bug ${JSON.stringify(values.plant)} to plant`;
  return {
    firstSeed,
    count,
    workers: values.trace ? 1 : Math.min(workers, count),
    tellsHistory: values.trace ?? false,
    isJson: values.json ?? false,
    isHelp: values.help ?? false,
    plant,
    isWorker: values.worker ?? false,
  };
}
