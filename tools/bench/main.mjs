#!/usr/bin/env node
/** `npm run bench`: how fast, as ratios against references measured in the same run. */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { printTable } from './figures.mjs';
import { cacheFolder } from './folders.mjs';
import { evenness, pureRating, singleEvents, throughput } from './rows.mjs';

const usage = `Usage: npm run bench -- [options]

  --only ROWS     rows to measure, such as P1,P6                          (all)
  --quick         fewer and shorter rounds: a look, not a measurement
  --json          print {"rows": […]} and nothing else on standard output
  --profile DIR   write CPU profiles of the platforms there
  --help          this text

Exit codes: 0 measured, 1 a total differs from the oracle or something broke, 2 a wrong option.
What the rows mean: tools/bench/README.md
`;

const sizes = {
  full: { rounds: 7, sliceEvents: 600_000, singles: 25_000, evenness: { rounds: 7, sliceEvents: 100_000 }, manyDevices: 1_000_000 },
  quick: { rounds: 3, sliceEvents: 100_000, singles: 8_000, evenness: { rounds: 3, sliceEvents: 60_000 }, manyDevices: 100_000 },
};

const parts = [
  { rows: ['P1', 'P9'], measure: throughput },
  { rows: ['P2'], measure: pureRating },
  { rows: ['P4'], measure: singleEvents },
  { rows: ['P6'], measure: evenness },
];

function readOptions() {
  try {
    const { values } = parseArgs({
      options: { only: { type: 'string' }, quick: { type: 'boolean' }, json: { type: 'boolean' }, profile: { type: 'string' }, help: { type: 'boolean' } },
    });
    const known = parts.flatMap(({ rows }) => rows);
    const only = values.only?.split(',').map((id) => id.trim().toUpperCase());
    const unknown = only?.find((id) => !known.includes(id));
    if (unknown !== undefined) throw new Error(`--only has ${unknown}; the rows are ${known.sort().join(', ')}`);
    return { ...values, only };
  } catch (error) {
    process.stderr.write(`bench: ${error.message}\n\n${usage}`);
    process.exit(2);
  }
}

/** What runs before left when they were cut off: nobody uses it when its process is gone. */
function removeLeftovers() {
  mkdirSync(cacheFolder, { recursive: true });
  for (const name of readdirSync(cacheFolder)) {
    const pid = Number(/^(?:run-|bare-|.*draft-)(\d+)/.exec(name)?.[1]);
    if (!pid) continue;
    try {
      process.kill(pid, 0);
    } catch {
      rmSync(join(cacheFolder, name), { recursive: true, force: true });
    }
  }
}

async function main() {
  const options = readOptions();
  if (options.help) return process.stdout.write(usage);
  removeLeftovers();
  const startedAt = performance.now();
  const say = (text) => process.stderr.write(`[${((performance.now() - startedAt) / 1000).toFixed(0)} s] ${text}\n`);
  const size = options.quick ? sizes.quick : sizes.full;
  const nodeArgs = (name) => (options.profile ? ['--cpu-prof', '--cpu-prof-dir', join(options.profile, name)] : []);
  const rows = [];
  for (const part of parts) {
    const wanted = part.rows.filter((id) => options.only?.includes(id) ?? true);
    if (wanted.length === 0) continue;
    const measured = await part.measure({ size, say, nodeArgs });
    for (const { id, ratio, spread } of measured) say(`${id}: ${ratio} (spread ${spread ?? 0})`);
    rows.push(...measured.filter(({ id }) => wanted.some((one) => id.startsWith(one))));
  }
  rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  say('done; every total agreed with the oracle');
  if (options.json) return process.stdout.write(`${JSON.stringify({ rows })}\n`);
  printTable(rows, process.stdout);
}

main().then(
  () => process.exit(0),
  (error) => {
    process.stderr.write(`bench: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);
