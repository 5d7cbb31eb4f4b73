/** The tidy checks: each has a name that reads as a promise and gives its findings, none when the promise is kept. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { valuesFindings } from '../chart/values-table.mjs';
import { generatedFindings } from '../generate.mjs';
import { staleReferences } from '../sync-references.mjs';
import { workspaceRoot } from '../workspace.mjs';
import { codeFiles, committedFiles, ownTextFiles, textFiles, textOf } from './committed-files.mjs';
import { deadCodeFindings } from './dead-code.mjs';
import { compareWithRatchet, lowered, measure } from './lengths.mjs';
import { brokenLinks } from './links.mjs';
import { marksInCode, outsideNames, untidyText } from './marks.mjs';
import { wrongNames } from './names.mjs';
import { lockFindings, packageFindings } from './packages.mjs';

const ratchetFile = 'tools/tidy/ratchet.json';
const inEach = (files, find) => files.flatMap((file) => find(file, textOf(file)));
const ownRules = (file) => file.startsWith('tools/tidy/');

function measured() {
  const parts = codeFiles().map((file) => measure(file, textOf(file)));
  const join = (kind) => Object.assign({}, ...parts.map((part) => part[kind]));
  return { files: join('files'), functions: join('functions') };
}

export const checks = [
  { name: 'no test is narrowed or switched off, no note to oneself is left', find: () => inEach(codeFiles().filter((file) => !ownRules(file)), marksInCode) },
  { name: 'no file names a place outside of the repository', find: () => inEach(textFiles(), outsideNames) },
  { name: 'texts end their lines and files cleanly', find: () => inEach(ownTextFiles(), untidyText) },
  { name: 'file names are in kebab-case and say what is inside', find: () => wrongNames(committedFiles()) },
  { name: 'files and functions are short', find: () => compareWithRatchet(measured(), JSON.parse(textOf(ratchetFile))) },
  { name: 'every package has a README, a tag and its name', find: packageFindings },
  { name: 'the lock files fit the manifests', find: lockFindings },
  {
    name: 'the project references fit the imports',
    find: () => staleReferences().map(([file]) => `${file}: stale; mend: node tools/sync-references.mjs`),
  },
  { name: 'links between documents lead somewhere', find: () => inEach(textFiles().filter((file) => file.endsWith('.md')), brokenLinks) },
  { name: 'generated code is what generating gives', find: generatedFindings },
  { name: 'the chart’s README tells its values', find: valuesFindings },
  { name: 'nothing is dead: files, exports, dependencies', find: deadCodeFindings },
];

/** Lowers the ratchet to what is there now. */
export function updateRatchet() {
  const next = lowered(measured(), JSON.parse(textOf(ratchetFile)));
  writeFileSync(join(workspaceRoot, ratchetFile), `${JSON.stringify(next, null, 2)}\n`);
}
