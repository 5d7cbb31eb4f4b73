#!/usr/bin/env node
/**
 * Runs the tests of the cluster composition against real servers (`npm run test:cluster`), or those that the arguments choose:
 * `node tools/test-cluster.mjs libs/adapters/bus-jetstream -t redelivers`. Servers that are missing are built first, all of them unless
 * `--servers nats,mongo` names some. Jest's own options are passed on.
 */
import { chosenServers, ensureServers, printVersions, serversVariable } from './servers/install.mjs';
import { runJest } from './jest-run.mjs';

try {
  const { names, rest } = chosenServers(process.argv.slice(2));
  const servers = await ensureServers(names);
  printVersions(servers);
  // One spec file at a time: each of them runs several servers, and some of them measure time.
  process.exitCode = await runJest({
    config: 'jest.cluster.config.mjs',
    title: 'Cluster tests',
    workers: 1,
    chosen: rest,
    env: { TOLLKEEPER_SERVERS: serversVariable(servers) },
  });
} catch (error) {
  console.error(`tollkeeper: ${error.message}`);
  process.exitCode = 1;
}
