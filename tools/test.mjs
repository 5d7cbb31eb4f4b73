#!/usr/bin/env node
/**
 * Runs every test of the workspace (`npm test`), or those that the arguments choose: `npm test -- libs/domain/money -t rounds`.
 * Jest's own options are passed on. The sums are left in .cache/test-sums.json for .ci/run.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from './workspace.mjs';

const chosen = process.argv.slice(2);
const sumsFile = join(workspaceRoot, '.cache/test-sums.json');
rmSync(sumsFile, { force: true });

const args = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  join(workspaceRoot, 'node_modules/jest/bin/jest.js'),
  ...(chosen.some((arg) => /^(?:--maxWorkers|-w|--runInBand|-i)\b/.test(arg)) ? [] : ['--maxWorkers=2']),
  ...chosen,
];
const begun = performance.now();
const done = spawnSync(process.execPath, args, { cwd: workspaceRoot, env: { ...process.env, TEST_SUMS_FILE: sumsFile }, stdio: 'inherit' });
const sums = readSums();
if (sums) {
  const left = sums.left > 0 ? `, ${sums.left} left out` : '';
  console.log(`\nTests: ${sums.passed} passed, ${sums.failed} failed${left}, in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
}
process.exit(done.status ?? 1);

function readSums() {
  try {
    return JSON.parse(readFileSync(sumsFile, 'utf8'));
  } catch {
    // Jest did not get as far as running tests (--help, a wrong option), and has said so itself.
    return undefined;
  }
}
