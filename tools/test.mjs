#!/usr/bin/env node
/**
 * Runs every test of the workspace that needs no other server (`npm test`), or those that the arguments choose:
 * `npm test -- libs/domain/money -t rounds`. Jest's own options are passed on. The sums are left in .cache/test-sums.json for .ci/run.
 */
import { runJest } from './jest-run.mjs';

const chosen = process.argv.slice(2);
process.exit(runJest({ config: 'jest.config.mjs', sums: 'test-sums.json', title: 'Tests', workers: 2, chosen }));
