import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './ports.js';
import { type RealServer, startServer } from './real-server.js';
import { serverFile } from './server-file.js';

export interface NatsServer extends RealServer {
  /** Base URL of its HTTP monitoring: `/healthz`, `/jsz`, `/connz` … */
  readonly monitor: string;
}

export interface NatsServerOptions {
  /** Made when missing; a server that is started on the folder of another finds its streams. */
  readonly folder: string;
  /** The most that JetStream may store, in bytes; nothing but the disk limits it when left out. */
  readonly maxFileStoreBytes?: number;
}

interface Member {
  readonly name: string;
  readonly folder: string;
  readonly clientPort: number;
  readonly monitorPort: number;
  readonly routePort?: number;
}

/** One nats-server with JetStream, which answers a publisher only after the message is on the disk. */
export async function startNatsServer(options: NatsServerOptions): Promise<NatsServer> {
  const [clientPort = 0, monitorPort = 0] = await freePorts(2);
  return startMember({ name: 'nats-server', folder: options.folder, clientPort, monitorPort }, [], options.maxFileStoreBytes);
}

/** Three nats-servers that keep streams of three replicas; resolves when they have chosen a leader. Each has its own address. */
export async function startNatsCluster(options: NatsServerOptions): Promise<readonly NatsServer[]> {
  const ports = await freePorts(9);
  const members = [0, 1, 2].map((n): Required<Member> => ({
    name: `nats-server-${n + 1}`,
    folder: join(options.folder, `nats-server-${n + 1}`),
    clientPort: ports[n] ?? 0,
    monitorPort: ports[n + 3] ?? 0,
    routePort: ports[n + 6] ?? 0,
  }));
  const routes = members.map(({ routePort }) => `nats://127.0.0.1:${routePort}`);
  const started = await Promise.allSettled(members.map((member) => startMember(member, routes, options.maxFileStoreBytes)));
  const servers = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  const failed = started.find((result) => result.status === 'rejected');
  if (!failed) return servers;
  await Promise.all(servers.map((server) => server.stop()));
  throw failed.reason;
}

async function startMember(member: Member, routes: readonly string[], maxFileStoreBytes: number | undefined): Promise<NatsServer> {
  const { name, folder, clientPort, monitorPort } = member;
  const monitor = `http://127.0.0.1:${monitorPort}`;
  const config = join(folder, 'nats-server.conf');
  await mkdir(folder, { recursive: true });
  await writeFile(config, configuration(member, routes, maxFileStoreBytes));
  const server = await startServer({
    name,
    binary: serverFile('nats-server'),
    args: ['--config', config],
    folder,
    address: `nats://127.0.0.1:${clientPort}`,
    ready: async () => (await fetch(`${monitor}/healthz`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  return Object.assign(server, { monitor });
}

function configuration(member: Member, routes: readonly string[], maxFileStoreBytes: number | undefined): string {
  const jetstream = [
    `store_dir: ${JSON.stringify(join(member.folder, 'jetstream'))}`,
    'sync_interval: always',
    ...(maxFileStoreBytes === undefined ? [] : [`max_file_store: ${maxFileStoreBytes}`]),
  ];
  return [
    `server_name: ${member.name}`,
    `listen: "127.0.0.1:${member.clientPort}"`,
    `http: "127.0.0.1:${member.monitorPort}"`,
    `jetstream { ${jetstream.join(', ')} }`,
    ...(member.routePort === undefined ? [] : [`cluster { name: tollkeeper, listen: "127.0.0.1:${member.routePort}", routes: ${JSON.stringify(routes)} }`]),
    '',
  ].join('\n');
}
