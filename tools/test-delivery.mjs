#!/usr/bin/env node
/**
 * Tests what is delivered: `npm run test:chart` (the chart, on a real Kubernetes API, and the Tiltfile) and `npm run test:image` (the container image,
 * which is built and started). The first argument is `chart` or `image`, the others choose tests as jest's do: `node tools/test-delivery.mjs chart -t refuses`.
 */
import { ensureServers, printVersions, serversVariable } from './servers/install.mjs';
import { runJest } from './jest-run.mjs';

const kinds = {
  chart: { title: 'Chart tests', servers: ['etcd', 'kubernetes', 'kwok', 'helm', 'kubeconform', 'dapr', 'resource-definitions', 'tilt-check'] },
  image: { title: 'Image tests', servers: ['nats', 'mongo'] },
};

try {
  const [kind, ...chosen] = process.argv.slice(2);
  const known = kinds[kind];
  if (!known) throw new Error(`nothing is delivered as ${kind ?? 'that'}\n  mend: node tools/test-delivery.mjs ${Object.keys(kinds).join('|')} [JEST-OPTION…]`);
  const servers = await ensureServers(known.servers);
  printVersions(servers);
  process.exitCode = await runJest({
    config: 'jest.delivery.config.mjs',
    title: known.title,
    workers: 1,
    chosen,
    env: { TOLLKEEPER_DELIVERY: kind, TOLLKEEPER_SERVERS: serversVariable(servers) },
  });
} catch (error) {
  console.error(`tollkeeper: ${error.message}`);
  process.exitCode = 1;
}
