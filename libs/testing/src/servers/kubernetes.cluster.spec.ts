import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Kubernetes, startKubernetes } from './kubernetes.js';
import { writeSchemas } from './kubernetes-schemas.js';
import { serverFile } from './server-file.js';

let folder: string;
let kubernetes: Kubernetes;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-kubernetes-'));
  kubernetes = await startKubernetes({ folder });
}, 120_000);

afterAll(async () => {
  await kubernetes?.stop();
  await rm(folder, { recursive: true, force: true });
});

const apply = (...objects: object[]) =>
  kubernetes.run('kubectl', ['apply', '-f', '-'], { input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }) });

async function get<T>(...args: string[]): Promise<T> {
  return JSON.parse(await kubernetes.run('kubectl', ['get', ...args, '-o', 'json'])) as T;
}

function deployment(name: string, replicas: number, image = 'tollkeeper:1'): object {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name, image, resources: { requests: { cpu: '100m', memory: '128Mi' } } }] } },
    },
  };
}

describe('a Kubernetes API', () => {
  it('is of the version that is pinned', async () => {
    const { serverVersion } = JSON.parse(await kubernetes.run('kubectl', ['version', '-o', 'json'])) as { serverVersion: { gitVersion: string } };
    expect(serverVersion.gitVersion).toMatch(/^v1\.36\.\d+$/);
  });

  it('rolls a deployment out over its nodes, and a change of it', async () => {
    await apply(deployment('rating', 4));
    await kubernetes.run('kubectl', ['rollout', 'status', 'deployment/rating', '--timeout=60s']);
    const { items } = await get<{ items: { spec: { nodeName: string }; status: { phase: string } }[] }>('pods', '-l', 'app=rating');
    expect(items.map(({ status }) => status.phase)).toEqual(Array.from({ length: 4 }, () => 'Running'));
    expect(new Set(items.map(({ spec }) => spec.nodeName))).toEqual(new Set(['node-1', 'node-2']));

    await apply(deployment('rating', 4, 'tollkeeper:2'));
    await kubernetes.run('kubectl', ['rollout', 'status', 'deployment/rating', '--timeout=60s']);
    const changed = await get<{ status: { updatedReplicas: number; availableReplicas: number } }>('deployment', 'rating');
    expect(changed.status).toMatchObject({ updatedReplicas: 4, availableReplicas: 4 });
  });

  it('completes jobs', async () => {
    await apply({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'prepare' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'prepare', image: 'tollkeeper:1' }] } } },
    });
    await kubernetes.run('kubectl', ['wait', '--for=condition=Complete', 'job/prepare', '--timeout=60s']);
  });

  it('refuses what does not fit its schemas, with the API’s own words', async () => {
    const wrong = { ...deployment('wrong', 1), spec: { replicas: 'many' } };
    await expect(apply(wrong)).rejects.toThrow(/kubectl apply -f - failed:[\s\S]*replicas/);
  });

  it('keeps pods out of a namespace whose security standard they do not meet', async () => {
    const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'strict', labels } });
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'loose', namespace: 'strict' }, spec: { containers: [{ name: 'loose', image: 'tollkeeper:1' }] } };
    await expect(apply(pod)).rejects.toThrow(/violates PodSecurity "restricted/);
  });

  it('takes a release through install, upgrade, rollback and uninstall', async () => {
    const chart = await writeChart();
    const replicas = async () => (await get<{ status: { availableReplicas: number } }>('deployment', 'small')).status.availableReplicas;
    await kubernetes.run('helm', ['install', 'small', chart, '--wait', '--timeout', '60s']);
    expect(await replicas()).toBe(1);
    await kubernetes.run('helm', ['upgrade', 'small', chart, '--set', 'replicas=3', '--wait', '--timeout', '60s']);
    expect(await replicas()).toBe(3);
    await kubernetes.run('helm', ['rollback', 'small', '1', '--wait', '--timeout', '60s']);
    expect(await replicas()).toBe(1);
    await kubernetes.run('helm', ['uninstall', 'small', '--wait', '--timeout', '60s']);
    await expect(get('deployment', 'small')).rejects.toThrow(/NotFound/);
  });
});

describe('the schemas of a Kubernetes API', () => {
  let location: string;

  beforeAll(async () => {
    await kubernetes.run('kubectl', ['apply', '--server-side', '-f', serverFile('dapr-crds.yaml')]);
    await kubernetes.run('kubectl', ['wait', '--for=condition=Established', 'crd', '--all', '--timeout=60s']);
    location = await writeSchemas(kubernetes, join(folder, 'schemas'));
  });

  const judge = async (...objects: object[]) => {
    const file = join(folder, 'judged.yaml');
    await writeFile(file, objects.map((object) => JSON.stringify(object)).join('\n---\n'));
    const done = spawnSync(serverFile('kubeconform'), ['-schema-location', location, '-output', 'json', '-verbose', file], { encoding: 'utf8' });
    const { resources } = JSON.parse(done.stdout) as { resources: { name: string; status: string; msg: string }[] };
    return resources.map(({ name, status, msg }) => `${name} ${status} ${msg}`.trim()).sort();
  };

  it('let kubeconform accept what the API accepts, of its core and of resource definitions', async () => {
    const component = { apiVersion: 'dapr.io/v1alpha1', kind: 'Component', metadata: { name: 'actors' }, spec: { type: 'state.mongodb', version: 'v1', metadata: [] } };
    expect(await judge({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'core' } }, deployment('rating', 2), component)).toEqual([
      'actors statusValid',
      'core statusValid',
      'rating statusValid',
    ]);
  });

  it('let it refuse unknown fields and wrong values', async () => {
    const unknown = { ...deployment('unknown', 1), specification: {} };
    const wrong = { ...deployment('wrong', 1), spec: { replicas: 'many' } };
    const [first, second] = await judge(unknown, wrong);
    expect(first).toMatch(/^unknown statusInvalid [\s\S]*specification/);
    expect(second).toMatch(/^wrong statusInvalid [\s\S]*replicas/);
  });
});

async function writeChart(): Promise<string> {
  const chart = join(folder, 'small');
  await mkdir(join(chart, 'templates'), { recursive: true });
  await writeFile(join(chart, 'Chart.yaml'), 'apiVersion: v2\nname: small\nversion: 0.1.0\n');
  await writeFile(join(chart, 'values.yaml'), 'replicas: 1\n');
  const template = JSON.stringify(deployment('small', 1), null, 2).replace('"replicas": 1', '"replicas": {{ .Values.replicas }}');
  await writeFile(join(chart, 'templates/deployment.yaml'), template);
  return chart;
}
