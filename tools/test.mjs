#!/usr/bin/env node
/**
 * Runs every test of the workspace that needs no other server (`npm test`), or those that the arguments choose:
 * `npm test -- libs/domain/money -t rounds`. Jest's own options are passed on.
 */
import { runJest } from './jest-run.mjs';

process.exitCode = await runJest({ config: 'jest.config.mjs', title: 'Tests', workers: 2, chosen: process.argv.slice(2) });
