import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiClient } from '@tollkeeper/api-client';
import { type RealServer, startMongoServer, startNatsServer } from '@tollkeeper/testing';
import { machineTimers } from '../process/machine.js';
import { type ServiceName, serviceNames } from '../settings/settings.js';
import { ServiceProcessUnderTest } from './service-process.fixture.js';

/** The platform as one process per service and replica, on real engines. */
export interface ClusterUnderTest {
  readonly nats: RealServer;
  readonly mongo: RealServer;
  readonly processes: ServiceProcessUnderTest[];
  readonly operator: ApiClient;
  of(service: ServiceName): ServiceProcessUnderTest[];
  /** One more process of a service, not yet started. */
  add(service: ServiceName, env?: Readonly<Record<string, string>>): ServiceProcessUnderTest;
  /** Through the gateway's process of that number. */
  clientFor(apiKey: string, gateway?: number): ApiClient;
  close(): Promise<void>;
}

/** Starts the engines and all services, each with so many processes; all of them at the same time, as a cluster does. */
export async function startCluster(replicas: Partial<Readonly<Record<ServiceName, number>>> = {}): Promise<ClusterUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-cluster-'));
  const [nats, mongo] = await Promise.all([startNatsServer({ folder }), startMongoServer({ folder })]);
  const operatorKeyFile = join(folder, 'operator.key');
  const everywhere = {
    TOLLKEEPER_NATS_URL: nats.address,
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
  const processes: ServiceProcessUnderTest[] = [];
  const of = (service: ServiceName) => processes.filter((one) => one.service === service);
  const add = (service: ServiceName, env: Readonly<Record<string, string>> = {}) => {
    const made = new ServiceProcessUnderTest(service, { ...everywhere, HOSTNAME: `${service}-${of(service).length}`, ...env });
    processes.push(made);
    return made;
  };
  const close = async () => {
    await Promise.all(processes.map((one) => (one.signal('SIGCONT'), one.stop())));
    await Promise.all([nats.stop(), mongo.stop()]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    for (const service of serviceNames) for (let n = 0; n < (replicas[service] ?? 1); n++) add(service);
    await Promise.all(processes.map((one) => one.started()));
    const clientFor = (apiKey: string, gateway = 0) =>
      new ApiClient({ baseUrl: of('gateway')[gateway]?.address ?? '', apiKey, timers: machineTimers, backoff: { attempts: 8 } });
    const operator = clientFor((await readFile(operatorKeyFile, 'utf8')).trim());
    return { nats, mongo, processes, operator, of, add, clientFor, close };
  } catch (error) {
    await close();
    throw error;
  }
}
