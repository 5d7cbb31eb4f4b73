/** Installs a Python program with everything that it needs, each by its hash, into a virtual environment of its own. */
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf } from './cache.mjs';
import { pythonVersionOf } from './pins.mjs';
import { runProgram, withRetries } from './run-program.mjs';

// Part of the key: raise it when the way of installing changes what comes out.
const recipe = 'python 1';
// The versions for which every pinned requirement has a wheel.
const fitting = ['3.11', '3.12', '3.13'];

/** The first fitting Python, as `{ command, version }`; throws, saying what to install, when there is none. */
async function findPython(set) {
  const seen = [];
  for (const command of ['python3', ...fitting.map((version) => `python${version}`)]) {
    try {
      const said = await runProgram(command, ['-c', 'import ensurepip, platform, sys, venv; print(platform.python_version(), sys.base_prefix, platform.machine())']);
      const version = said.trim();
      if (fitting.some((prefix) => version.startsWith(`${prefix}.`))) return { command, version };
      seen.push(`${command} is ${version.split(' ')[0]}`);
    } catch (error) {
      seen.push(`${command} cannot make virtual environments (${error.message.trimEnd().split('\n').slice(-1)[0]})`);
    }
  }
  throw new Error(
    `installing ${set.name} needs Python ${fitting.join(', ')} with venv; found: ${seen.join('; ')}\n` +
      '  mend: `apt-get install python3 python3-venv` on Debian 12 or later, or install one from https://www.python.org/downloads/',
  );
}

export async function pythonKey(set) {
  const { version } = await findPython(set);
  return keyOf([recipe, version, set.package, set.module, readFileSync(join(set.folder, 'requirements.txt'), 'utf8')]);
}

export async function buildPython(set, folder, started) {
  const { command } = await findPython(set);
  const venv = join(folder, 'venv');
  await runProgram(command, ['-m', 'venv', venv], { started });
  const argv = ['-m', 'pip', 'install', '--quiet', '--require-hashes', '--only-binary', ':all:', '--no-deps', '--disable-pip-version-check', '-r', 'requirements.txt'];
  await withRetries(() => runProgram(join(venv, 'bin/python'), argv, { cwd: set.folder, started }));
  const binary = `bin/${set.binary}`;
  mkdirSync(join(folder, 'bin'));
  // The scripts that pip writes name the folder they were installed in, which is renamed when it is whole; this one finds its own.
  const launcher = ['#!/bin/sh', `exec "$(dirname "$0")/../venv/bin/python" -c 'from ${set.module} import main; raise SystemExit(main())' "$@"`, ''];
  writeFileSync(join(folder, binary), launcher.join('\n'));
  chmodSync(join(folder, binary), 0o755);
  return { binaries: { [set.binary]: binary }, versions: { [set.binary]: `${set.package} ${pythonVersionOf(set)}` }, needs: ['venv/bin/python', 'venv/pyvenv.cfg'] };
}
