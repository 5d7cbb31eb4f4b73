import { readArguments, usage } from './command/arguments.js';
import { runSeeds } from './command/run-seeds.js';
import { tellSeed, tellSums } from './command/tell.js';

/** `npm run sim -- --seeds N [--seed K] [--trace] [--plant BUG] [--workers W] [--json]` */
async function main(words: readonly string[]): Promise<number> {
  const asked = readArguments(words);
  if (typeof asked === 'string') {
    console.error(`sim: ${asked}\n\n${usage()}`);
    return 2;
  }
  if (asked.isHelp) {
    console.log(usage());
    return 0;
  }
  const begun = performance.now();
  const outcomes = await runSeeds(asked, (outcome) => tellSeed(asked, outcome));
  tellSums(asked, outcomes, (performance.now() - begun) / 1000);
  return outcomes.some(({ violation }) => violation) ? 1 : 0;
}

process.exitCode = await main(process.argv.slice(2));
