/** What the tidy checks look at: files that are in git or about to be, with their text. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { workspaceRoot } from '../workspace.mjs';

const textual = /\.(ts|mjs|js|json|md|proto|ya?ml|csv|ndjson|sh|html|css|svg)$|(^|\/)(\.[a-z]+|run)$/;
/** Data that came from outside is kept byte for byte. */
const foreign = /(^|\/)(fixtures|testdata|samples)\//;
const generated = /\/generated\/|(^|\/)package-lock\.json$/;

/** Every file that git has or would add, relative to the root. */
export function committedFiles() {
  const done = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: workspaceRoot,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (done.status !== 0) throw new Error(`git cannot list the files of this checkout: ${done.stderr || done.error?.message}`);
  return done.stdout.split('\0').filter((file) => file && existsSync(join(workspaceRoot, file))).sort();
}

/** Files that a person wrote and reads. */
export const textFiles = () => committedFiles().filter((file) => textual.test(file) && !generated.test(file));

/** Those of them whose form is ours to choose. */
export const ownTextFiles = () => textFiles().filter((file) => !foreign.test(file));

/** Programs that a person wrote. */
export const codeFiles = () => textFiles().filter((file) => /\.(ts|mjs)$/.test(file) && !file.startsWith('tools/lint-fixture/'));

export const textOf = (file) => readFileSync(join(workspaceRoot, file), 'utf8');
