/** What the tests of the chart share: helm, and the chart rendered to objects. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serverFile } from '@tollkeeper/testing';
import { parseAllDocuments, stringify } from 'yaml';

export const chart = dirname(dirname(fileURLToPath(import.meta.url)));

export const services = ['commissions', 'gateway', 'ingestion', 'invoicing', 'rating', 'receivables', 'tenant'];

/** The least that has to be said. */
export const leastValues = {
  nats: { url: 'nats://nats.nats.svc:4222' },
  mongodb: { url: 'mongodb://mongodb.mongodb.svc:27017/?replicaSet=rs0' },
  installationSecret: { value: Buffer.alloc(32, 7).toString('base64') },
};

/** Everything that can be switched on, at once. */
export const allValues = {
  ...leastValues,
  dapr: { enabled: true, tracing: { samplingRate: '1', otlpEndpoint: 'collector:4317' } },
  services: { gateway: { autoscaling: { enabled: true } }, ingestion: { autoscaling: { enabled: true } }, rating: { keda: { enabled: true, natsMonitoringEndpoint: 'nats.nats.svc:8222' } } },
  ingress: { enabled: true, hosts: ['billing.example.com'], tlsSecretName: 'billing-tls' },
  httpRoute: { enabled: true, parentRefs: [{ name: 'public', namespace: 'gateways' }] },
  monitoring: { serviceMonitor: { enabled: true }, rules: { enabled: true }, dashboards: { enabled: true }, otlpEndpoint: 'http://collector:4318' },
  prepare: { onInstall: true },
};

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Values over values, as helm lays them. */
export const mergeValues = (base, over) =>
  isObject(base) && isObject(over)
    ? Object.fromEntries([...new Set([...Object.keys(base), ...Object.keys(over)])].map((key) => [key, key in over ? mergeValues(base[key], over[key]) : base[key]]))
    : over;

/** Runs helm on a file with the values, and answers `{ ok, said }`. */
export function runHelm(args, values) {
  const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-chart-'));
  try {
    const file = join(folder, 'values.yaml');
    writeFileSync(file, stringify(values));
    const done = spawnSync(serverFile('helm'), [...args, '--values', file], { encoding: 'utf8', maxBuffer: 1 << 26, env: { ...process.env, HELM_CACHE_HOME: folder, HELM_CONFIG_HOME: folder, HELM_DATA_HOME: folder } });
    return { ok: done.status === 0, printed: done.stdout, said: `${done.stdout}${done.stderr}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What the chart makes of values laid over the least ones, as text. */
export function renderText(values = {}) {
  const { ok, printed, said } = runHelm(['template', 'tollkeeper', chart, '--namespace', 'billing'], mergeValues(leastValues, values));
  if (!ok) throw new Error(said);
  return printed;
}

/** The same as objects, with ways to find them. */
export function render(values = {}) {
  const objects = parseAllDocuments(renderText(values)).map((document) => document.toJSON()).filter(Boolean);
  const all = (kind) => objects.filter((object) => object.kind === kind);
  const one = (kind, name) => {
    const found = all(kind).filter((object) => object.metadata.name === name);
    if (found.length !== 1) throw new Error(`${found.length} of kind ${kind} are called ${name}; there are ${all(kind).map((object) => object.metadata.name).join(', ') || 'none'}`);
    return found[0];
  };
  return { objects, all, one, container: (service) => one('Deployment', `tollkeeper-${service}`).spec.template.spec.containers[0] };
}

/** What helm says when it refuses the values. */
export function refusal(values, over = leastValues) {
  const { ok, said } = runHelm(['template', 'tollkeeper', chart], mergeValues(over, values));
  if (ok) throw new Error('the values were taken');
  return said;
}

/** Runs a program of the test servers and answers how it ended. */
export function runServerProgram(name, args, input) {
  return new Promise((resolve) => {
    const child = execFile(serverFile(name), args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => resolve({ ok: !error, stdout, stderr }));
    child.stdin.end(input ?? '');
  });
}
