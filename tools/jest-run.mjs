/** Runs jest over the workspace and tells the sums; every kind of test that the repository has is started through here. */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from './workspace.mjs';

/**
 * Runs jest with a configuration of the root, passing `chosen` on; answers the exit code. The sums are left in `.cache/<sums>`
 * for .ci/run, and printed after `title`. `workers` is how many spec files run at once, unless the arguments say otherwise.
 */
export function runJest({ config, sums, title, workers, chosen, env = {} }) {
  const sumsFile = join(workspaceRoot, '.cache', sums);
  rmSync(sumsFile, { force: true });
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    join(workspaceRoot, 'node_modules/jest/bin/jest.js'),
    `--config=${join(workspaceRoot, config)}`,
    ...(chosen.some((arg) => /^(?:--maxWorkers|-w|--runInBand|-i)\b/.test(arg)) ? [] : [`--maxWorkers=${workers}`]),
    ...chosen,
  ];
  const begun = performance.now();
  const done = spawnSync(process.execPath, args, {
    cwd: workspaceRoot,
    env: { ...process.env, ...env, TEST_SUMS_FILE: sumsFile },
    stdio: 'inherit',
  });
  const counted = readSums(sumsFile);
  if (counted) {
    const left = counted.left > 0 ? `, ${counted.left} left out` : '';
    console.log(`\n${title}: ${counted.passed} passed, ${counted.failed} failed${left}, in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  }
  return done.status ?? 1;
}

function readSums(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    // Jest did not get as far as running tests (--help, a wrong option), and has said so itself.
    return undefined;
  }
}
