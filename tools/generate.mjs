#!/usr/bin/env node
/**
 * Writes the code that is generated from proto/ into libs/contracts, and the gateway's OpenAPI document (`npm run generate`).
 * `--check` writes nothing: it exits 1 when the proto files have lint findings or the checked-in code is not what generating gives.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { filesUnder, workspaceRoot } from './workspace.mjs';

const protoFolder = join(workspaceRoot, 'proto');
const generatedFolder = join(workspaceRoot, 'libs/contracts/src/generated');
const mend = 'mend: npm run generate';

function buf(...args) {
  const done = spawnSync(join(workspaceRoot, 'node_modules/.bin/buf'), args, {
    cwd: protoFolder,
    env: { ...process.env, PATH: `${join(workspaceRoot, 'node_modules/.bin')}${delimiter}${process.env.PATH}` },
    encoding: 'utf8',
  });
  return { ok: done.status === 0, said: `${done.stdout ?? ''}${done.stderr ?? ''}${done.error?.message ?? ''}`.trim() };
}

/** Generates into a folder of its own, so that a failure leaves the checked-in code as it was. */
function generateInto(folder) {
  const template = readFileSync(join(protoFolder, 'buf.gen.yaml'), 'utf8').replace(/^(\s*out:).*$/m, `$1 ${folder}`);
  const done = buf('generate', '--template', template);
  if (!done.ok) throw new Error(`buf generate failed:\n${done.said}`);
}

function differences(fresh) {
  const there = new Set(filesUnder(generatedFolder));
  const wanted = filesUnder(fresh);
  return [
    ...wanted.filter((file) => !there.has(file)).map((file) => `${file} is missing`),
    ...wanted
      .filter((file) => there.has(file) && !readFileSync(join(fresh, file)).equals(readFileSync(join(generatedFolder, file))))
      .map((file) => `${file} differs from what generating gives`),
    ...[...there].filter((file) => !wanted.includes(file)).map((file) => `${file} is generated from nothing`),
  ];
}

/** What is wrong with the proto files or the code generated from them; empty when all is well. */
export function generatedFindings() {
  const linted = buf('lint');
  if (!linted.ok) return [`buf lint: ${linted.said}`];
  const fresh = mkdtempSync(join(tmpdir(), 'tollkeeper-generate-'));
  try {
    generateInto(fresh);
    return differences(fresh).map((text) => `libs/contracts/src/generated/${text}; ${mend}`);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

function generate() {
  const fresh = mkdtempSync(join(tmpdir(), 'tollkeeper-generate-'));
  try {
    generateInto(fresh);
    rmSync(generatedFolder, { recursive: true, force: true });
    cpSync(fresh, generatedFolder, { recursive: true });
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
}

/** The OpenAPI document comes from the gateway's route table and from the proto comments, so after the messages are there. */
function generateOpenApi() {
  const run = (...args) => spawnSync(process.execPath, args, { cwd: workspaceRoot, stdio: 'inherit' }).status === 0;
  if (!run('node_modules/@typescript/native/bin/tsc', '-b', 'services/gateway') || !run('services/gateway/dist/openapi/main.js')) process.exit(1);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (!process.argv.includes('--check')) {
    generate();
    generateOpenApi();
  }
  const findings = generatedFindings();
  for (const finding of findings) console.error(finding);
  process.exit(findings.length > 0 ? 1 : 0);
}
