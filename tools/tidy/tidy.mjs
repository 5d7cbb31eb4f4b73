#!/usr/bin/env node
/** The tidy check: `npm run tidy`, or `npm run tidy -- --update` after something long became shorter. It also runs as a spec. */
import { checks, updateRatchet } from './checks.mjs';

if (process.argv.includes('--update')) updateRatchet();

let untidy = 0;
for (const { name, find } of checks) {
  const findings = find();
  untidy += findings.length > 0 ? 1 : 0;
  console.log(`${findings.length > 0 ? '✗' : '✓'} ${name}`);
  for (const finding of findings) console.log(`    ${finding}`);
}
console.log(untidy === 0 ? 'tidy' : `${untidy} of ${checks.length} tidy checks found something`);
process.exit(untidy === 0 ? 0 : 1);
