import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { serverFile, startKubernetes, writeSchemas } from '@tollkeeper/testing';
import { parseAllDocuments, stringify } from 'yaml';
import { allValues, chart, leastValues, mergeValues, renderText, runHelm, runServerProgram, services } from './chart.fixture.mjs';
import { runTiltfile } from './tiltfile.fixture.mjs';

const namespace = 'billing';
const definitions = ['dapr-crds.yaml', 'gateway-api-crds.yaml', 'keda-crds.yaml', 'prometheus-operator-crds.yaml'];

let folder;
let kubernetes;

const kubectl = (...args) => kubernetes.run('kubectl', ['--namespace', namespace, ...args]);
const apply = (...objects) => kubernetes.run('kubectl', ['apply', '-f', '-'], { input: objects.map((object) => JSON.stringify(object)).join('\n---\n') });
const get = async (...args) => JSON.parse(await kubectl('get', ...args, '-o', 'json'));
const revisions = async () => JSON.parse(await kubernetes.run('helm', ['history', 'tollkeeper', '--namespace', namespace, '-o', 'json']));

async function helm(command, ...args) {
  return kubernetes.run('helm', [command, 'tollkeeper', ...args, '--namespace', namespace]);
}

async function withValues(values) {
  const file = join(folder, `values-${JSON.stringify(values).length}.yaml`);
  await writeFile(file, stringify(mergeValues(leastValues, values)));
  return ['--values', file, '--wait', '--timeout', '120s'];
}

/** A volume that several nodes may mount, as NFS would give one: no container runs here that could use it. */
const sharedVolume = { apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: 'files' }, spec: { capacity: { storage: '20Gi' }, accessModes: ['ReadWriteMany'], hostPath: { path: '/files' } } };

/** Nodes that are played let pods run for ever, but those of jobs: the end of the test's container is played here. */
async function endOfTest() {
  await kubectl('wait', '--for=create', 'pod/tollkeeper-test', '--timeout=60s');
  await kubectl('wait', '--for=condition=Ready', 'pod/tollkeeper-test', '--timeout=60s');
  await kubectl('patch', 'pod', 'tollkeeper-test', '--subresource=status', '--patch', '{"status":{"phase":"Succeeded"}}');
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-chart-'));
  kubernetes = await startKubernetes({ folder, nodes: 3 });
  for (const file of definitions) await kubernetes.run('kubectl', ['apply', '--server-side', '-f', serverFile(file)]);
  await kubernetes.run('kubectl', ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } } }, sharedVolume);
}, 180_000);

afterAll(async () => {
  await kubernetes?.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('what the chart makes', () => {
  let location;

  beforeAll(async () => {
    location = await writeSchemas(kubernetes, join(folder, 'schemas'));
  });

  it.each([
    ['the least', {}],
    ['everything', allValues],
    ['secrets of the operator', { nats: { url: '', existingSecret: 'e' }, mongodb: { url: '', existingSecret: 'e' }, installationSecret: { value: '', existingSecret: 'e' } }],
    ['one node', { services: { ingestion: { replicas: 1 } }, files: { persistence: { enabled: false } }, networkPolicy: { enabled: false }, podDisruptionBudget: { enabled: false }, topologySpread: { enabled: false }, dapr: { enabled: false } }],
  ])('fits the schemas of the API, with %s', async (_, values) => {
    const text = renderText(values);
    const { stdout } = await runServerProgram('kubeconform', ['-schema-location', location, '-output', 'json', '-strict', '-'], text);
    const { resources } = JSON.parse(stdout);
    expect((resources ?? []).map(({ kind, name, msg }) => `${kind} ${name}: ${msg}`)).toEqual([]);
    expect(parseAllDocuments(text).length).toBeGreaterThan(18);
  });
});

describe('what Tilt would apply', () => {
  it('is accepted by the API', async () => {
    const { objects } = runTiltfile();
    await kubernetes.run('kubectl', ['create', 'namespace', 'development']);
    const input = objects.map((object) => JSON.stringify(object)).join('\n---\n');
    const said = await kubernetes.run('kubectl', ['--namespace', 'development', 'apply', '--dry-run=server', '--validate=strict', '-f', '-'], { input });
    expect(said.trim().split('\n')).toHaveLength(objects.length);
  });
});

describe('a release', () => {
  it('is installed into a namespace with the restricted security standard', async () => {
    await kubernetes.run('helm', ['install', 'tollkeeper', chart, '--namespace', namespace, ...(await withValues({}))]);
    const { items } = await get('deployments');
    expect(items.map(({ metadata, status }) => [metadata.name, status.availableReplicas])).toEqual(services.map((service) => [`tollkeeper-${service}`, 2]));
    const { status } = await get('persistentvolumeclaim', 'tollkeeper-files');
    expect(status.phase).toBe('Bound');
  });

  it('spreads the pods of each service over nodes', async () => {
    const { items } = await get('pods', '-l', 'app.kubernetes.io/component=rating');
    expect(new Set(items.map(({ spec }) => spec.nodeName)).size).toBe(2);
  });

  it('passes helm test, whose pod is gone afterwards', async () => {
    const [said] = await Promise.all([helm('test', '--timeout', '60s'), endOfTest()]);
    expect(said).toMatch(/Phase:\s+Succeeded/);
    await expect(get('pod', 'tollkeeper-test')).rejects.toThrow(/NotFound/);
  });

  it('is upgraded after the job that prepares it, pod by pod', async () => {
    await helm('upgrade', chart, ...(await withValues({ ...allValues, services: { ...allValues.services, invoicing: { replicas: 3 } } })));
    expect((await get('deployment', 'tollkeeper-invoicing')).status.availableReplicas).toBe(3);
    for (const [kind, name] of [['horizontalpodautoscaler', 'gateway'], ['scaledobject.keda.sh', 'rating'], ['component.dapr.io', 'actors']]) {
      expect((await get(kind, `tollkeeper-${name}`)).metadata.name).toBe(`tollkeeper-${name}`);
    }
    expect((await get('ingress', 'tollkeeper')).spec.rules).toHaveLength(1);
    expect((await get('httproute', 'tollkeeper')).spec.parentRefs).toHaveLength(1);
    expect((await get('servicemonitor', 'tollkeeper')).spec.endpoints).toHaveLength(1);
    const events = await get('events', '--field-selector', 'involvedObject.kind=Job,reason=Completed');
    expect(events.items.map(({ involvedObject }) => involvedObject.name)).toEqual(['tollkeeper-prepare']);
    // What the job needed is not left behind.
    await expect(get('secret', 'tollkeeper-prepare')).rejects.toThrow(/NotFound/);
  });

  it('keeps the number of pods that an autoscaler chose through an upgrade', async () => {
    await kubectl('scale', 'deployment/tollkeeper-gateway', '--replicas=4');
    await helm('upgrade', chart, ...(await withValues({ ...allValues, config: { logLevel: 'debug' } })));
    expect((await get('deployment', 'tollkeeper-gateway')).spec.replicas).toBe(4);
  });

  it('is rolled back', async () => {
    await helm('rollback', '1', '--wait', '--timeout', '120s');
    expect((await get('deployment', 'tollkeeper-invoicing')).status.availableReplicas).toBe(2);
    expect((await get('configmap', 'tollkeeper')).data.TOLLKEEPER_LOG_LEVEL).toBe('log');
    await expect(get('ingress', 'tollkeeper')).rejects.toThrow(/NotFound/);
    expect((await revisions()).map(({ status }) => status).at(-1)).toBe('deployed');
  });

  it('cannot be upgraded to values that are wrong, and stays as it is', async () => {
    const { ok, said } = runHelm(['upgrade', 'tollkeeper', chart, '--namespace', namespace, '--kubeconfig', kubernetes.kubeconfig], mergeValues(leastValues, { config: { usagePartitions: -1 } }));
    expect(ok).toBe(false);
    expect(said).toContain("at '/config/usagePartitions': minimum: got -1, want 1");
    expect((await revisions()).at(-1).status).toBe('deployed');
  });

  it('is uninstalled, but for the files that wait to be imported', async () => {
    await helm('uninstall', '--wait', '--timeout', '120s');
    const { items } = await get('deployments,services,secrets,configmaps,serviceaccounts,networkpolicies,poddisruptionbudgets,jobs,persistentvolumeclaims', '-l', 'app.kubernetes.io/instance=tollkeeper');
    expect(items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual(['PersistentVolumeClaim tollkeeper-files']);
  });
});
