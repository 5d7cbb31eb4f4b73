import { join } from 'node:path';
import { MongoClient } from 'mongodb';
import { freePort } from './ports.js';
import { type RealServer, startServer } from './real-server.js';
import { serverFile } from './server-file.js';

export interface MongoServerOptions {
  /** Made when missing; a server that is started on the folder of another, after that one's end, finds its data. */
  readonly folder: string;
}

/**
 * A server that speaks MongoDB's wire protocol as a replica set of one, and acknowledges a write after it is on the disk: SecantusDB, which can be
 * installed everywhere. It stands in for MongoDB in tests of behaviour; its speed says nothing about MongoDB's.
 */
export async function startMongoServer({ folder }: MongoServerOptions): Promise<RealServer> {
  const port = await freePort();
  const address = `mongodb://127.0.0.1:${port}/?directConnection=true`;
  const storage = join(folder, 'mongo');
  return startServer({
    name: 'mongo-server',
    binary: serverFile('mongo-server'),
    args: ['--host', '127.0.0.1', '--port', String(port), '--storage-path', storage, '--sync-on-commit', '--log-level', 'WARNING'],
    folder,
    address,
    ready: () => answersPing(address),
  });
}

async function answersPing(address: string): Promise<boolean> {
  const client = new MongoClient(address, { serverSelectionTimeoutMS: 1_000, connectTimeoutMS: 1_000, socketTimeoutMS: 2_000 });
  try {
    return (await client.db('admin').command({ ping: 1 }))['ok'] === 1;
  } finally {
    await client.close();
  }
}
