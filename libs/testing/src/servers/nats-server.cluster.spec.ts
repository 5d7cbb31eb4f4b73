import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jetstream, type JetStreamClient, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type NatsServer, startNatsCluster, startNatsServer } from './nats-server.js';
import { patiently } from './patience.js';

let folder: string;
let servers: readonly NatsServer[];
let connection: NatsConnection | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-nats-'));
  servers = [];
});

afterEach(async () => {
  await connection?.close();
  connection = undefined;
  await Promise.all(servers.map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

/** A client on a new connection: what an old one had under way when its server was killed would only time out. */
async function clientOf(list: readonly NatsServer[]): Promise<JetStreamClient> {
  await connection?.close();
  connection = await connect({ servers: list.map((server) => server.address), maxReconnectAttempts: -1, reconnectTimeWait: 50, timeout: 5_000 });
  return jetstream(connection, { timeout: 10_000 });
}

async function manager(): Promise<JetStreamManager> {
  if (!connection) throw new Error('the test has not connected');
  return jetstreamManager(connection, { timeout: 2_000 });
}

async function addStream(replicas: number): Promise<void> {
  await (await manager()).streams.add({ name: 'readings', subjects: ['readings.>'], num_replicas: replicas });
}

async function storedMessages(): Promise<number> {
  return (await (await manager()).streams.info('readings')).state.messages;
}

describe('one nats-server', () => {
  let server: NatsServer;
  let client: JetStreamClient;

  beforeEach(async () => {
    server = await startNatsServer({ folder });
    servers = [server];
    client = await clientOf(servers);
    await addStream(1);
  });

  it('keeps every acknowledged message when it is killed, and is back at its address', async () => {
    const { address, pid } = server;
    for (let n = 1; n <= 50; n += 1) await client.publish('readings.meter', `reading ${n}`);

    await server.kill();
    await server.restart();

    expect(server.address).toBe(address);
    expect(server.pid).not.toBe(pid);
    const reconnected = await clientOf(servers);
    expect(await storedMessages()).toBe(50);
    expect((await reconnected.publish('readings.meter', 'one more')).seq).toBe(51);
  });

  it('answers nobody while it is paused, and what was sent meanwhile after it', async () => {
    server.pause();
    let answered = false;
    const publishing = client.publish('readings.meter', 'late').then((ack) => {
      answered = true;
      return ack;
    });
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);

    server.resume();
    expect((await publishing).seq).toBe(1);
  });

  it('writes each message to the disk before it acknowledges it, and tells what it does in its log', async () => {
    const config = await readFile(join(folder, 'nats-server.conf'), 'utf8');
    expect(config).toContain('sync_interval: always');
    expect(await readFile(server.log, 'utf8')).toContain('Server is ready');
    const limits = (await (await fetch(`${server.monitor}/jsz`)).json()) as { config: { sync_always?: boolean } };
    expect(limits.config.sync_always).toBe(true);
  });

  it('ends when asked, also from a pause', async () => {
    server.pause();
    await server.stop();
    await expect(fetch(`${server.monitor}/healthz`)).rejects.toThrow();
  });
});

it('refuses messages beyond the storage that it may use', async () => {
  servers = [await startNatsServer({ folder, maxFileStoreBytes: 1_000_000 })];
  const client = await clientOf(servers);
  await addStream(1);
  const fill = async () => {
    for (let n = 0; n < 20; n += 1) await client.publish('readings.meter', new Uint8Array(100_000));
  };
  await expect(fill()).rejects.toThrow(/insufficient (storage )?resources|maximum bytes|no space/i);
});

it('says what the server said when it does not start', async () => {
  await expect(startNatsServer({ folder, maxFileStoreBytes: Number.NaN })).rejects.toThrow(/nats-server ended before it served[\s\S]*max_file_store/);
});

describe('three nats-servers', () => {
  it('go on when one is killed, and lose nothing that was acknowledged', async () => {
    servers = await startNatsCluster({ folder });
    const client = await clientOf(servers);
    await addStream(3);
    // While the survivors choose a leader nobody answers; a message's id makes several attempts one message.
    const publish = (n: number) => patiently(() => client.publish('readings.meter', `reading ${n}`, { msgID: `${n}`, timeout: 1_000 }));
    for (let n = 1; n <= 10; n += 1) await publish(n);

    const [first] = servers;
    await first?.kill();
    for (let n = 11; n <= 20; n += 1) await publish(n);
    expect(await patiently(storedMessages)).toBe(20);

    await first?.restart();
    expect((await fetch(`${first?.monitor}/healthz`)).status).toBe(200);
  });
});
