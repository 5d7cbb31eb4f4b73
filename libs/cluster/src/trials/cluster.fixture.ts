import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '@tollkeeper/api-client';
import { type Line, type NatsServer, type RealServer, startMongoServer, startNatsCluster, startNatsServer, startToxiproxy } from '@tollkeeper/testing';
import { machineTimers } from '../process/machine.js';
import { type ServiceName, serviceNames } from '../settings/settings.js';
import { ServiceProcessUnderTest } from './service-process.fixture.js';

type Environment = Readonly<Record<string, string>>;

/** What rating reaches its engines by, where a trial shall cut it off from them. */
interface RatingLines {
  readonly store: Line;
  readonly bus: Line;
}

/** The platform as one process per service and replica, on real engines. */
export interface ClusterUnderTest {
  /** The only one, or the first of three. */
  readonly nats: NatsServer;
  readonly natsServers: readonly NatsServer[];
  readonly mongo: RealServer;
  readonly processes: ServiceProcessUnderTest[];
  /** Through a gateway that is there now. */
  operator(): ApiClient;
  of(service: ServiceName): ServiceProcessUnderTest[];
  /** @throws Error when rating was not started with lines */
  ratingLines(): RatingLines;
  /** One more process of a service, not yet started. */
  add(service: ServiceName, env?: Environment): ServiceProcessUnderTest;
  /** A new process in the place of one that has ended; resolves when it takes requests. */
  replace(ended: ServiceProcessUnderTest): Promise<void>;
  /** Through the gateway's process of that number. */
  clientFor(apiKey: string, gateway?: number, attempts?: number): ApiClient;
  close(): Promise<void>;
}

export interface ClusterOptions {
  /** Three keep three copies of everything on the bus; 1 when left out. */
  readonly natsServers?: 1 | 3;
  /** Rating reaches NATS and the store by lines that can be cut; with one server of NATS only. */
  readonly ratingLines?: boolean;
  readonly env?: Environment;
}

interface ClusterEngines {
  readonly natsServers: readonly NatsServer[];
  readonly mongo: RealServer;
  readonly lines?: RatingLines;
  stop(): Promise<void>;
}

async function startEngines(folder: string, { natsServers: count = 1, ratingLines = false }: ClusterOptions): Promise<ClusterEngines> {
  const startNats = async () => (count === 3 ? startNatsCluster({ folder }) : [await startNatsServer({ folder })]);
  const [natsServers, mongo] = await Promise.all([startNats(), startMongoServer({ folder })]);
  const servers: RealServer[] = [...natsServers, mongo];
  const stop = async () => void (await Promise.all(servers.map((server) => server.stop())));
  if (!ratingLines) return { natsServers, mongo, stop };
  const toxiproxy = await startToxiproxy({ folder });
  servers.push(toxiproxy);
  const [bus, store] = await Promise.all([...natsServers.slice(0, 1), mongo].map(({ address }) => toxiproxy.lineTo(new URL(address).host)));
  if (!bus || !store) throw new Error('the lines of rating were not laid');
  return { natsServers, mongo, lines: { bus, store }, stop };
}

/** Starts the engines and all services, each with so many processes; all of them at the same time, as a cluster does. */
export async function startCluster(replicas: Partial<Readonly<Record<ServiceName, number>>> = {}, options: ClusterOptions = {}): Promise<ClusterUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-cluster-'));
  const { natsServers, mongo, lines, stop } = await startEngines(folder, options);
  const [nats] = natsServers;
  if (!nats) throw new Error('no server of NATS was started');
  const operatorKeyFile = join(folder, 'operator.key');
  const everywhere = { ...surroundings(folder, operatorKeyFile, natsServers, mongo), ...options.env };
  const ofRating = lines && { TOLLKEEPER_NATS_URL: `nats://${lines.bus.address}`, TOLLKEEPER_MONGODB_URL: mongo.address.replace(new URL(mongo.address).host, lines.store.address) };
  const processes: ServiceProcessUnderTest[] = [];
  let made = 0;
  const of = (service: ServiceName) => processes.filter((one) => one.service === service);
  const make = (service: ServiceName, env: Environment = {}) =>
    new ServiceProcessUnderTest(service, { ...everywhere, HOSTNAME: `${service}-${made++}`, ...(service === 'rating' ? ofRating : {}), ...env });
  const add = (service: ServiceName, env?: Environment) => {
    const one = make(service, env);
    processes.push(one);
    return one;
  };
  const replace = async (ended: ServiceProcessUnderTest) => {
    const next = make(ended.service);
    processes.splice(processes.indexOf(ended), 1, next);
    await next.started();
  };
  const close = async () => {
    await Promise.all(processes.map((one) => (one.signal('SIGCONT'), one.stop())));
    await stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const service of serviceNames) for (let n = 0; n < (replicas[service] ?? 1); n++) add(service);
    await Promise.all(processes.map((one) => one.started()));
    const clientFor = (apiKey: string, gateway = 0, attempts = 8) =>
      new ApiClient({ baseUrl: of('gateway')[gateway]?.address ?? '', apiKey, timers: machineTimers, backoff: { attempts } });
    const operatorKey = (await readFile(operatorKeyFile, 'utf8')).trim();
    const ratingLines = () => {
      if (!lines) throw new Error('start the cluster with ratingLines to cut them');
      return lines;
    };
    return { nats, natsServers, mongo, processes, operator: () => clientFor(operatorKey), of, add, replace, clientFor, ratingLines, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function surroundings(folder: string, operatorKeyFile: string, natsServers: readonly NatsServer[], mongo: RealServer): Environment {
  return {
    TOLLKEEPER_NATS_URL: natsServers.map(({ address }) => address).join(','),
    TOLLKEEPER_STREAM_REPLICAS: String(natsServers.length),
    TOLLKEEPER_MONGODB_URL: mongo.address,
    TOLLKEEPER_USAGE_PARTITIONS: '4',
    TOLLKEEPER_PAGE_MS: '50',
    TOLLKEEPER_HTTP_HOST: '127.0.0.1',
    TOLLKEEPER_HTTP_PORT: '0',
    TOLLKEEPER_HEALTH_PORT: '0',
    TOLLKEEPER_INSTALLATION_SECRET: Buffer.alloc(32, 7).toString('base64'),
    TOLLKEEPER_OPERATOR_KEY_FILE: operatorKeyFile,
    TOLLKEEPER_WEBHOOK_TARGETS: 'loopback',
    TOLLKEEPER_FILES_FOLDER: join(folder, 'files'),
  };
}
