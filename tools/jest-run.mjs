/** Runs jest over the workspace and tells the sums; every kind of test that the repository has is started through here. */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { workspaceRoot } from './workspace.mjs';

// What jest itself needs to end after the last test is a fraction of this. Turns are counted, not time: while the machine is suspended there are none.
const pollMs = 500;
const endingTurns = 40;

/**
 * Runs jest with a configuration of the root, passing `chosen` on; resolves with the exit code. `title` stands before the sums that are printed; they are
 * also left in the file that the variable TEST_SUMS_FILE names, for .ci/run. `workers` is how many spec files run at once, unless `chosen` says otherwise.
 */
export async function runJest({ config, title, workers, chosen, env = {} }) {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-sums-'));
  const sumsFile = join(folder, 'sums.json');
  try {
    const args = [
      '--experimental-vm-modules',
      '--disable-warning=ExperimentalWarning',
      join(workspaceRoot, 'node_modules/jest/bin/jest.js'),
      `--config=${join(workspaceRoot, config)}`,
      ...(chosen.some((arg) => /^(?:--maxWorkers|-w|--runInBand|-i)\b/.test(arg)) ? [] : [`--maxWorkers=${workers}`]),
      ...chosen,
    ];
    const begun = performance.now();
    const code = await untilEnded(args, { ...process.env, ...env, TEST_SUMS_FILE: sumsFile }, sumsFile, chosen);
    report(sumsFile, title, (performance.now() - begun) / 1000);
    return code;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Jest waits for ever for a connection, a timer or a server that a test left behind: here that is a failure, and an end. */
function untilEnded(args, env, sumsFile, chosen) {
  const child = spawn(process.execPath, args, { cwd: workspaceRoot, env, stdio: 'inherit' });
  const watches = chosen.some((arg) => arg.startsWith('--watch'));
  let turns = 0;
  const poll = setInterval(() => {
    if (watches || !existsSync(sumsFile)) return;
    turns += 1;
    if (turns !== endingTurns) return;
    console.error(`tollkeeper: jest did not end ${(pollMs * endingTurns) / 1000} s after its last test, because a test left something running\n  mend: find it with --detectOpenHandles`);
    child.kill('SIGKILL');
  }, pollMs);
  // A terminal sends Ctrl-C to jest as well; everything else is passed on, so that nothing is left behind.
  const passedOn = { SIGINT: () => process.stdin.isTTY || child.kill('SIGINT'), SIGTERM: () => child.kill('SIGTERM'), SIGHUP: () => child.kill('SIGHUP') };
  for (const [signal, pass] of Object.entries(passedOn)) process.on(signal, pass);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => resolve(signal ? 128 + constants.signals[signal] : code));
  }).finally(() => {
    clearInterval(poll);
    for (const [signal, pass] of Object.entries(passedOn)) process.off(signal, pass);
  });
}

function report(sumsFile, title, seconds) {
  // Without sums jest did not get as far as running tests (--help, a wrong option), and has said so itself.
  if (!existsSync(sumsFile)) return;
  const text = readFileSync(sumsFile, 'utf8');
  const { passed, failed, left } = JSON.parse(text);
  console.log(`\n${title}: ${passed} passed, ${failed} failed${left > 0 ? `, ${left} left out` : ''}, in ${seconds.toFixed(1)} s`);
  if (!process.env.TEST_SUMS_FILE) return;
  mkdirSync(dirname(process.env.TEST_SUMS_FILE), { recursive: true });
  writeFileSync(process.env.TEST_SUMS_FILE, text);
}
