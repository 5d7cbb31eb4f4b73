import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { patiently } from './patience.js';
import { freePorts } from './ports.js';
import { type RealServer, startServer } from './real-server.js';
import { serverFile } from './server-file.js';

export interface PlacementOptions {
  readonly folder: string;
  /**
   * How long a sidecar may be silent until its actors move, in whole seconds from 1 to 10; the shortest when left out, so that tests of lost
   * hosts are short. Dapr itself pings every two seconds and waits three.
   */
  readonly keepAliveSeconds?: number;
}

/** Dapr's placement: it tells every sidecar which of them hosts which actor. Its address is `127.0.0.1:PORT`. */
export async function startPlacement({ folder, keepAliveSeconds = 1 }: PlacementOptions): Promise<RealServer> {
  const [port, health, raft] = await freePorts(3);
  const address = `127.0.0.1:${port}`;
  return startServer({
    name: 'placement',
    binary: serverFile('placement'),
    args: [
      `--port=${port}`,
      '--listen-address=127.0.0.1',
      `--healthz-port=${health}`,
      '--healthz-listen-address=127.0.0.1',
      `--initial-cluster=dapr-placement-0=127.0.0.1:${raft}`,
      `--keepalive-time=${keepAliveSeconds}s`,
      `--keepalive-timeout=${keepAliveSeconds}s`,
      '--enable-metrics=false',
    ],
    folder,
    address,
    ready: () => isHealthy(`http://127.0.0.1:${health}/healthz`),
  });
}

/** Dapr's scheduler, which keeps the reminders of actors. Its address is `127.0.0.1:PORT`. */
export async function startScheduler({ folder }: { readonly folder: string }): Promise<RealServer> {
  const [port, health, etcdClient, etcdPeer] = await freePorts(4);
  const address = `127.0.0.1:${port}`;
  return startServer({
    name: 'scheduler',
    binary: serverFile('scheduler'),
    args: [
      `--port=${port}`,
      '--listen-address=127.0.0.1',
      `--override-broadcast-host-port=${address}`,
      `--healthz-port=${health}`,
      '--healthz-listen-address=127.0.0.1',
      `--etcd-data-dir=${join(folder, 'scheduler')}`,
      `--etcd-client-port=${etcdClient}`,
      '--etcd-client-listen-address=127.0.0.1',
      `--etcd-initial-cluster=dapr-scheduler-server-0=http://127.0.0.1:${etcdPeer}`,
      `--identity-directory-write=${join(folder, 'scheduler-identity')}`,
      '--enable-metrics=false',
    ],
    folder,
    address,
    ready: () => isHealthy(`http://127.0.0.1:${health}/healthz`),
  });
}

export interface DaprdOptions {
  /** Sidecars of one app id are replicas of one app. Several sidecars may share the folder when their ids or ports differ. */
  readonly folder: string;
  readonly appId: string;
  /** Where the app listens, or will: the sidecar waits for it. Left out for an app that only calls. */
  readonly appPort?: number;
  readonly placement: Pick<RealServer, 'address'>;
  /** Needed by reminders alone. */
  readonly scheduler?: Pick<RealServer, 'address'>;
  /** How long calls that run may take to end when the sidecar is stopped; 1 s when left out. */
  readonly drainSeconds?: number;
  /** Asks the app's /healthz each second: one that is not well, or gone, hosts no actors. Left out, an app is always taken for well. */
  readonly watchApp?: boolean;
}

export interface Daprd extends RealServer {
  /** Port of the HTTP API, which `address` names too. */
  readonly httpPort: number;
  readonly grpcPort: number;
  /** Resolves when placement has told the sidecar where actors are and the app hosts its own. */
  untilActorsRun(): Promise<void>;
}

/** A sidecar; its address is the base URL of its HTTP API. It serves calls out before its app is there. */
export async function startDaprd(options: DaprdOptions): Promise<Daprd> {
  const [httpPort = 0, grpcPort = 0, internalPort = 0] = await freePorts(3);
  const address = `http://127.0.0.1:${httpPort}`;
  const resources = join(options.folder, 'dapr-resources');
  await writeResources(resources);
  const server = await startServer({
    name: `daprd-${options.appId}-${httpPort}`,
    binary: serverFile('daprd'),
    args: [
      `--app-id=${options.appId}`,
      ...(options.appPort === undefined ? [] : [`--app-port=${options.appPort}`]),
      `--dapr-http-port=${httpPort}`,
      `--dapr-grpc-port=${grpcPort}`,
      `--dapr-internal-grpc-port=${internalPort}`,
      '--dapr-listen-addresses=127.0.0.1',
      '--dapr-internal-grpc-listen-address=127.0.0.1',
      `--placement-host-address=${options.placement.address}`,
      ...(options.scheduler ? [`--scheduler-host-address=${options.scheduler.address}`] : []),
      `--resources-path=${resources}`,
      `--dapr-graceful-shutdown-seconds=${options.drainSeconds ?? 1}`,
      ...(options.watchApp ? ['--enable-app-health-check', '--app-health-probe-interval=1', '--app-health-threshold=1'] : []),
      '--enable-metrics=false',
    ],
    folder: options.folder,
    address,
    // The address that other sidecars are told to reach this one at.
    env: { DAPR_HOST_IP: '127.0.0.1' },
    ready: () => isHealthy(`${address}/v1.0/healthz/outbound`),
  });
  return Object.assign(server, { httpPort, grpcPort, untilActorsRun: () => untilActorsRun(server) });
}

// A state store that may hold actors has to exist, though nothing of Tollkeeper is kept in it.
const stateStore = `apiVersion: dapr.io/v1alpha1
kind: Component
metadata:
  name: actors
spec:
  type: state.in-memory
  version: v1
  metadata:
    - name: actorStateStore
      value: "true"
`;

async function writeResources(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'actors.yaml'), stateStore);
}

async function isHealthy(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
  await response.body?.cancel();
  return response.ok;
}

async function untilActorsRun(server: RealServer): Promise<void> {
  const hostReady = async () => {
    const response = await fetch(`${server.address}/v1.0/metadata`, { signal: AbortSignal.timeout(2_000) });
    const { actorRuntime } = (await response.json()) as { actorRuntime?: { hostReady?: boolean } };
    return actorRuntime?.hostReady ?? false;
  };
  await patiently(hostReady, { otherwise: `the sidecar at ${server.address} did not host actors, see ${server.log},` });
}
