/** Builds the binaries of a Go module, which pins them and everything that they are made of by checksum. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyOf } from './cache.mjs';
import { goVersionOf } from './pins.mjs';
import { runProgram, withRetries } from './run-program.mjs';

// Part of the key: raise it when the way of building changes what comes out.
const recipe = 'go 1';

const whatToInstall = (needed) => `install Go ${needed} or later from https://go.dev/dl/ and put it on PATH`;

/** The Go on PATH, as `go1.26.8 linux/amd64`; throws, saying what to install, when it is missing or too old for the set. */
async function findGo(set) {
  const [, needed] = /^go (\S+)/m.exec(readFileSync(join(set.folder, 'go.mod'), 'utf8'));
  let found;
  try {
    found = (await runProgram('go', ['env', 'GOVERSION', 'GOOS', 'GOARCH'], { env: { GOTOOLCHAIN: 'local' } })).trim().split('\n');
  } catch (error) {
    throw new Error(`building ${set.name} needs Go, which cannot be run (${error.message})\n  mend: ${whatToInstall(needed)}`, { cause: error });
  }
  const numbers = (version) => version.split(/\D+/).filter(Boolean).map(Number);
  const [have, want] = [numbers(found[0]), numbers(needed)];
  const differs = want.findIndex((number, index) => number !== (have[index] ?? 0));
  if (differs >= 0 && (have[differs] ?? 0) < want[differs]) {
    throw new Error(`building ${set.name} needs Go ${needed}, and Go on PATH is ${found[0]}\n  mend: ${whatToInstall(needed)}`);
  }
  return `${found[0]} ${found[1]}/${found[2]}`;
}

/** Files of the module, by name: go.mod, go.sum and what is written in Go. */
function sources(folder) {
  return readdirSync(folder, { recursive: true }).filter((file) => /^go\.(mod|sum)$|\.go$/.test(file)).sort();
}

export async function goKey(set) {
  const files = sources(set.folder).flatMap((file) => [file, readFileSync(join(set.folder, file), 'utf8')]);
  return keyOf([recipe, await findGo(set), JSON.stringify([set.packages, set.variables, set.texts]), ...files]);
}

export async function buildGo(set, folder, started) {
  const names = Object.keys(set.packages);
  const version = goVersionOf(set);
  const ldflags = ['-s', '-w', ...Object.entries(set.variables).map(([variable, value]) => `-X ${variable}=${value.replace('VERSION', version)}`)];
  const env = {
    CGO_ENABLED: '0',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    // The caller may say how many may be compiled at once (-p=1); go.mod and go.sum are followed to the letter all the same.
    GOFLAGS: `${process.env.GOFLAGS ?? ''} -mod=readonly -trimpath -buildvcs=false`.trim(),
  };
  for (const name of names) {
    const argv = ['build', '-ldflags', ldflags.join(' '), '-o', join(folder, 'bin', name), set.packages[name]];
    await withRetries(() => runProgram('go', argv, { cwd: set.folder, env, started }));
  }
  const texts = await joinTexts(set, folder, env);
  const binaries = Object.fromEntries(names.map((name) => [name, `bin/${name}`]));
  const versions = Object.fromEntries(names.map((name) => [name, version]));
  return { binaries: { ...binaries, ...texts.binaries }, versions: { ...versions, ...texts.versions } };
}

/** Copies files that modules bring, YAML documents all of them. */
async function joinTexts(set, folder, env) {
  const binaries = {};
  const versions = {};
  for (const [name, text] of Object.entries(set.texts)) {
    const { from, files } = Array.isArray(text) ? { from: set.module, files: text } : text;
    // A module of which nothing is compiled has not been fetched yet.
    await withRetries(() => runProgram('go', ['mod', 'download', from], { cwd: set.folder, env }));
    const source = (await runProgram('go', ['list', '-m', '-f', '{{.Dir}}', from], { cwd: set.folder, env })).trim();
    mkdirSync(join(folder, 'share'), { recursive: true });
    writeFileSync(join(folder, 'share', name), files.map((file) => readFileSync(join(source, file), 'utf8').trimEnd()).join('\n---\n'));
    binaries[name] = `share/${name}`;
    versions[name] = goVersionOf({ ...set, module: from });
  }
  return { binaries, versions };
}
