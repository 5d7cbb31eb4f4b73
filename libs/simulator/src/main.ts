import { runSeed } from './run-seed.js';

const seed = Number(process.argv[2] ?? 1);
const outcome = await runSeed(seed, { keepsHistory: true });
console.log(outcome.history.join('\n'));
console.log({ ...outcome, history: undefined });
