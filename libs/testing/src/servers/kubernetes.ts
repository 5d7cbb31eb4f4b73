import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { join } from 'node:path';
import { freePorts } from './ports.js';
import { type RealServer, startServer } from './real-server.js';
import { serverFile } from './server-file.js';

export interface RunOptions {
  /** What the program reads from its standard input, for `-f -`. */
  readonly input?: string;
  /** How long it may run; 120 s when left out. */
  readonly timeoutMs?: number;
}

/**
 * A Kubernetes API with its controllers and scheduler, whose nodes kwok plays: what is applied is judged, scheduled and rolled out as everywhere, and
 * pods become ready, jobs complete, but no container runs.
 */
export interface Kubernetes {
  /** Path of a kubeconfig for its administrator. */
  readonly kubeconfig: string;
  /** Base URL of the API. */
  readonly address: string;
  readonly servers: Readonly<Record<'etcd' | 'apiServer' | 'controllerManager' | 'scheduler' | 'kwok', RealServer>>;
  /** Runs a program as the administrator and answers what it printed; throws with what it complained of when it fails. */
  run(program: 'kubectl' | 'helm', args: readonly string[], options?: RunOptions): Promise<string>;
  stop(): Promise<void>;
}

export interface KubernetesOptions {
  readonly folder: string;
  /** Nodes of 32 processors and 256 GiB; 2 when left out. */
  readonly nodes?: number;
}

interface Place {
  readonly folder: string;
  readonly kubeconfig: string;
  readonly serviceAccountKey: string;
  readonly serviceAccountPublicKey: string;
  readonly tokens: string;
  readonly token: string;
}

export async function startKubernetes({ folder, nodes = 2 }: KubernetesOptions): Promise<Kubernetes> {
  const started: RealServer[] = [];
  const stop = async () => {
    // Controllers before the API, and the API before its store, or each complains of the other's end.
    for (const server of started.toReversed()) await server.stop();
  };
  const keep = <S extends RealServer>(server: S): S => {
    started.push(server);
    return server;
  };
  try {
    const [port = 0] = await freePorts(1);
    const place = await prepare(folder, port);
    const etcd = keep(await startEtcd(folder));
    const apiServer = keep(await startApiServer(place, port, etcd));
    const scheduler = keep(await startKubeScheduler(place));
    const controllerManager = keep(await startControllerManager(place));
    const kwok = keep(await startKwok(place));
    const run: Kubernetes['run'] = (program, args, options) => runAsAdministrator(place, program, args, options);
    for (let n = 1; n <= nodes; n += 1) await run('kubectl', ['apply', '-f', '-'], { input: JSON.stringify(node(n)) });
    await run('kubectl', ['wait', '--for=condition=Ready', 'nodes', '--all', '--timeout=60s']);
    return {
      kubeconfig: place.kubeconfig,
      address: apiServer.address,
      servers: { etcd, apiServer, controllerManager, scheduler, kwok },
      run,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Writes the administrator's token, the key that signs the tokens of service accounts, and a kubeconfig. */
async function prepare(folder: string, port: number): Promise<Place> {
  await mkdir(folder, { recursive: true });
  const place: Place = {
    folder,
    kubeconfig: join(folder, 'kubeconfig.json'),
    serviceAccountKey: join(folder, 'service-accounts.key'),
    serviceAccountPublicKey: join(folder, 'service-accounts.pub'),
    tokens: join(folder, 'tokens.csv'),
    token: randomBytes(24).toString('base64url'),
  };
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
  });
  await writeFile(place.serviceAccountKey, pair.privateKey, { mode: 0o600 });
  await writeFile(place.serviceAccountPublicKey, pair.publicKey);
  await writeFile(place.tokens, `${place.token},administrator,administrator,"system:masters"\n`, { mode: 0o600 });
  await writeFile(place.kubeconfig, JSON.stringify(kubeconfig(port, place.token), null, 2), { mode: 0o600 });
  return place;
}

function kubeconfig(port: number, token: string): object {
  const name = 'tollkeeper';
  return {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: name } }],
    // The API's certificate is its own making and never leaves this machine.
    clusters: [{ name, cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name, user: { token } }],
  };
}

async function startEtcd(folder: string): Promise<RealServer> {
  const [client, peer] = await freePorts(2);
  const address = `http://127.0.0.1:${client}`;
  const peers = `http://127.0.0.1:${peer}`;
  return startServer({
    name: 'etcd',
    binary: serverFile('etcd'),
    args: [
      `--data-dir=${join(folder, 'etcd')}`,
      `--listen-client-urls=${address}`,
      `--advertise-client-urls=${address}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      '--log-level=warn',
    ],
    folder,
    address,
    ready: async () => (await fetch(`${address}/health`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
}

function startApiServer(place: Place, port: number, etcd: RealServer): Promise<RealServer> {
  const address = `https://127.0.0.1:${port}`;
  return startServer({
    name: 'kube-apiserver',
    binary: serverFile('kube-apiserver'),
    args: [
      `--etcd-servers=${etcd.address}`,
      `--secure-port=${port}`,
      '--bind-address=127.0.0.1',
      `--cert-dir=${join(place.folder, 'api-certificates')}`,
      '--authorization-mode=Node,RBAC',
      `--token-auth-file=${place.tokens}`,
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${place.serviceAccountPublicKey}`,
      `--service-account-signing-key-file=${place.serviceAccountKey}`,
      '--service-cluster-ip-range=10.96.0.0/16',
      // A loopback address may not be the endpoint of a service, and nothing runs that would need the API's.
      '--endpoint-reconciler-type=none',
      '--allow-privileged=true',
    ],
    folder: place.folder,
    address,
    ready: () => answersOk(`${address}/readyz`, place.token),
    startTimeoutMs: 60_000,
  });
}

async function startControllerManager(place: Place): Promise<RealServer> {
  return startController(place, 'kube-controller-manager', [
    `--service-account-private-key-file=${place.serviceAccountKey}`,
    // A rollout is a chain of small steps, each of which would wait for its turn at the usual twenty requests a second.
    '--kube-api-qps=500',
    '--kube-api-burst=1000',
  ]);
}

async function startKubeScheduler(place: Place): Promise<RealServer> {
  return startController(place, 'kube-scheduler', ['--kube-api-qps=500', '--kube-api-burst=1000']);
}

async function startController(place: Place, name: string, further: readonly string[]): Promise<RealServer> {
  const [port] = await freePorts(1);
  const address = `https://127.0.0.1:${port}`;
  const args = [
    `--kubeconfig=${place.kubeconfig}`,
    `--secure-port=${port}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${join(place.folder, `${name}-certificates`)}`,
    '--leader-elect=false',
    ...further,
  ];
  const ready = () => answersOk(`${address}/healthz`, place.token);
  return startServer({ name, binary: serverFile(name), args, folder: place.folder, address, ready });
}

async function startKwok(place: Place): Promise<RealServer> {
  const [port] = await freePorts(1);
  const address = `http://127.0.0.1:${port}`;
  return startServer({
    name: 'kwok',
    binary: serverFile('kwok'),
    args: [
      `--kubeconfig=${place.kubeconfig}`,
      `--config=${serverFile('kwok-stages.yaml')}`,
      '--manage-all-nodes=true',
      '--node-lease-duration-seconds=40',
      `--server-address=127.0.0.1:${port}`,
    ],
    folder: place.folder,
    address,
    ready: async () => (await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
}

function node(n: number): object {
  const name = `node-${n}`;
  const room = { cpu: '32', memory: '256Gi', pods: '110' };
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', 'topology.kubernetes.io/zone': `zone-${n}` } },
    status: { allocatable: room, capacity: room },
  };
}

/** True when the URL, whose certificate its server made itself, answers with 200. */
function answersOk(url: string, token: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const asking = request(url, { rejectUnauthorized: false, headers: { authorization: `Bearer ${token}` }, timeout: 2_000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asking.on('timeout', () => asking.destroy(new Error(`${url} did not answer in time`)));
    asking.on('error', reject);
    asking.end();
  });
}

function runAsAdministrator(place: Place, program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const helm = (name: string) => join(place.folder, 'helm', name);
  const env = {
    ...process.env,
    KUBECONFIG: place.kubeconfig,
    // Neither reads nor leaves anything in the home of whoever runs the tests.
    KUBECACHEDIR: join(place.folder, 'kubectl-cache'),
    HELM_CACHE_HOME: helm('cache'),
    HELM_CONFIG_HOME: helm('config'),
    HELM_DATA_HOME: helm('data'),
  };
  return new Promise((resolve, reject) => {
    const child = execFile(
      serverFile(program),
      [...args],
      { env, timeout: options.timeoutMs ?? 120_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) => {
        if (error) reject(new Error(`${program} ${args.join(' ')} failed: ${stderr.trim() || error.message}`, { cause: error }));
        else resolve(stdout);
      },
    );
    child.stdin?.end(options.input ?? '');
  });
}
