import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Collection, MongoClient } from 'mongodb';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startMongoServer } from './mongo-server.js';
import type { RealServer } from './real-server.js';

interface Entry {
  readonly _id: string;
  readonly text: string;
}

let folder: string;
let server: RealServer;
let client: MongoClient;
let entries: Collection<Entry>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-mongo-'));
  server = await startMongoServer({ folder });
  client = new MongoClient(server.address, { serverSelectionTimeoutMS: 10_000 });
  entries = client.db('tollkeeper').collection<Entry>('entries', { writeConcern: { w: 'majority', journal: true } });
});

afterEach(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a server of MongoDB’s protocol', () => {
  it('keeps every acknowledged document when it is killed, and is back at its address', async () => {
    const { address, pid } = server;
    for (let n = 1; n <= 20; n += 1) await entries.insertOne({ _id: `entry/${n}`, text: 'written' });

    await server.kill();
    await server.restart();

    expect(server.address).toBe(address);
    expect(server.pid).not.toBe(pid);
    expect(await entries.countDocuments()).toBe(20);
  });

  it('lets one of several racing inserts of an id win', async () => {
    const racing = await Promise.allSettled(
      Array.from({ length: 8 }, (_, writer) => entries.insertOne({ _id: 'entry/1', text: `writer ${writer}` })),
    );
    expect(racing.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const result of racing) if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 11_000 });
  });

  it('answers nobody while it is paused, and what was asked meanwhile after it', async () => {
    server.pause();
    let answered = false;
    const inserting = entries.insertOne({ _id: 'entry/1', text: 'late' }).then(() => (answered = true));
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).toBe(false);

    server.resume();
    expect(await inserting).toBe(true);
  });

  it('presents itself as the primary of a replica set, which drivers need for transactions', async () => {
    const hello = await client.db('admin').command({ hello: 1 });
    expect(hello).toMatchObject({ isWritablePrimary: true, setName: expect.any(String) });
  });
});
