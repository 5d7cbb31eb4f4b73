import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type RealServer, startMongoServer, startNatsServer } from '@tollkeeper/testing';
import { MongoClient } from 'mongodb';

let folder: string;
let nats: RealServer;
let mongo: RealServer;
let client: MongoClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-prepare-'));
  [nats, mongo] = await Promise.all([startNatsServer({ folder }), startMongoServer({ folder })]);
  client = await MongoClient.connect(mongo.address);
});

afterAll(async () => {
  await client?.close();
  await Promise.all([nats?.stop(), mongo?.stop()]);
  await rm(folder, { recursive: true, force: true });
});

/** Runs the job as it is delivered: `npm run test:cluster` builds it first. */
function prepare(env: Readonly<Record<string, string>>): Promise<{ readonly code: number | null; readonly said: string }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('../dist/main.js', import.meta.url))], { env: { PATH: process.env['PATH'] ?? '', ...env } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString('utf8')));
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })));
}

const engines = () => ({ TOLLKEEPER_NATS_URL: nats.address, TOLLKEEPER_MONGODB_URL: mongo.address, TOLLKEEPER_USAGE_PARTITIONS: '3' });

async function indexes(): Promise<Readonly<Record<string, number>>> {
  const db = client.db('tollkeeper');
  const collections = await db.listCollections({}, { nameOnly: true }).toArray();
  const counts = await Promise.all(collections.map(async ({ name }) => [name, (await db.collection(name).listIndexes().toArray()).length] as const));
  return Object.fromEntries(counts.sort(([a], [b]) => (a < b ? -1 : 1)));
}

describe('the job before an upgrade', () => {
  it('makes the indexes of chains and of the views of every service', async () => {
    expect(await prepare(engines())).toMatchObject({ code: 0, said: expect.stringContaining('the indexes of views are there') });
    const made = await indexes();
    expect(made['entries']).toBeGreaterThan(1);
    // One of each service that has views with indexes.
    for (const view of ['invoices', 'payments', 'statements', 'quarantine', 'device-accounts']) {
      expect(Object.entries(made).filter(([name, count]) => name.includes(view) && count > 1)).not.toEqual([]);
    }
  });

  it('changes nothing the second time', async () => {
    const before = await indexes();
    expect((await prepare(engines())).code).toBe(0);
    expect(await indexes()).toEqual(before);
  });

  it('says which setting is missing', async () => {
    const { code, said } = await prepare({ TOLLKEEPER_NATS_URL: nats.address });
    expect(code).toBe(2);
    expect(said).toContain('TOLLKEEPER_MONGODB_URL is missing');
  });

  it('fails, naming what it cannot reach', async () => {
    const { code, said } = await prepare({ ...engines(), TOLLKEEPER_NATS_URL: 'nats://127.0.0.1:1' });
    expect(code).toBe(1);
    expect(said).toMatch(/tollkeeper prepare: .*(?:refused|NATS|connect)/i);
  });
});
