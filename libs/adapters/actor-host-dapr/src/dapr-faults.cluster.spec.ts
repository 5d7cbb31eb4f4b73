import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ActorUnreachable } from '@tollkeeper/ports';
import { type Daprd, patiently } from '@tollkeeper/testing';
import { append, causesOf } from './counting-account.fixture.js';
import type { DaprActorHost } from './dapr-actor-host.js';
import { type DaprUnderTest, replicaOf, startDapr } from './dapr-replicas.fixture.js';
import { shardName, shardOf } from './shards.js';
import { decodeAnswer, encodeCalls } from './wire.js';

/** A pod: a process that hosts accounts, and its sidecar. */
interface Pod {
  readonly name: string;
  readonly port: number;
  readonly sidecar: Daprd;
  process: ChildProcess;
}

const accounts = Array.from({ length: 100 }, (_, n) => `account-${n}`);

let dapr: DaprUnderTest;
let chains: string;
let left: Pod;
let right: Pod;
let caller: DaprActorHost;

beforeAll(async () => {
  dapr = await startDapr();
  chains = join(dapr.folder, 'chains');
  await mkdir(chains);
  [left, right] = await Promise.all([startPod('left'), startPod('right')]);
  caller = replicaOf((await dapr.join()).httpPort, { callTimeoutMs: 3_000 });
});

afterAll(async () => {
  await caller?.close();
  for (const pod of [left, right]) pod?.process.kill('SIGKILL');
  await dapr?.close();
});

async function startPod(name: string): Promise<Pod> {
  const port = await freePort();
  const sidecar = await dapr.join(port, { watchApp: true });
  const pod = { name, port, sidecar, process: await startReplica(name, port, sidecar.httpPort) };
  await sidecar.untilActorsRun();
  return pod;
}

async function startReplica(name: string, port: number, sidecarPort: number): Promise<ChildProcess> {
  const program = fileURLToPath(new URL('../dist/replica-process.fixture.js', import.meta.url));
  const child = spawn(process.execPath, [program, name, chains, String(port), String(sidecarPort)], { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code} before it listened; are the packages built?`)));
  });
  return child;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Appends the cause to every account, again and again until each has said that it did; answers who did it, by account. */
async function appendToAll(cause: string): Promise<string[]> {
  const hosts = new Map<string, string>();
  await patiently(
    async () => {
      const missing = accounts.filter((id) => !hosts.has(id));
      const replies = await caller.callMany(append, missing.map((id) => ({ id, input: cause })));
      for (const [at, reply] of replies.entries()) {
        if (reply.status === 'done') hosts.set(missing[at] ?? '', reply.output.split(' ')[0] ?? '');
        else expect(reply.error).toBeInstanceOf(ActorUnreachable);
      }
      return hosts.size === accounts.length;
    },
    { timeoutMs: 60_000, otherwise: `not all accounts took ${cause}` },
  );
  return accounts.map((id) => hosts.get(id) ?? '');
}

/** Appends one cause after the other while something happens; answers the causes. */
async function appendWhile(what: string, happens: () => Promise<void>): Promise<string[]> {
  const causes: string[] = [];
  let over = false;
  const load = (async () => {
    while (!over) {
      const cause = `${what}-${causes.length}`;
      await appendToAll(cause);
      causes.push(cause);
    }
  })();
  await patiently(() => causes.length > 1);
  await happens().finally(() => (over = true));
  await load;
  return causes;
}

async function expectOnceEach(causes: readonly string[]): Promise<void> {
  for (const id of accounts) {
    const booked = await causesOf(chains, id);
    for (const cause of causes) expect(booked.filter((one) => one === cause)).toEqual([cause]);
  }
}

const bothHost = async (cause: string) => new Set(await appendToAll(cause)).size === 2;

describe('two replicas', () => {
  it('share the accounts', async () => {
    expect(new Set(await appendToAll('shared'))).toEqual(new Set(['left', 'right']));
    await expectOnceEach(['shared']);
  });

  it('take over what a killed pod hosted, and give back some of it when there is a new one', async () => {
    const causes = await appendWhile('kill', async () => {
      right.process.kill('SIGKILL');
      await right.sidecar.kill();
      await patiently(async () => (await appendToAll('moved')).every((host) => host === 'left') || undefined);
    });
    await expectOnceEach([...causes, 'moved']);
    right.process = await startReplica('right', right.port, right.sidecar.httpPort);
    await right.sidecar.restart();
    await right.sidecar.untilActorsRun();
    let attempt = 0;
    await patiently(() => bothHost(`back-${attempt++}`));
  });

  it('take over from a process that died although its sidecar lives', async () => {
    const causes = await appendWhile('crash', async () => {
      left.process.kill('SIGKILL');
      let attempt = 0;
      await patiently(async () => (await appendToAll(`crashed-${attempt++}`)).every((host) => host === 'right'));
      left.process = await startReplica('left', left.port, left.sidecar.httpPort);
      await patiently(() => bothHost(`returned-${attempt++}`), { timeoutMs: 60_000 });
    });
    await expectOnceEach(causes);
  });

  it('lose and book nothing twice while a sidecar stands still and comes back', async () => {
    const causes = await appendWhile('pause', async () => {
      left.sidecar.pause();
      let attempt = 0;
      await patiently(async () => (await appendToAll(`paused-${attempt++}`)).every((host) => host === 'right'), { timeoutMs: 60_000 });
      left.sidecar.resume();
      await patiently(() => bothHost(`resumed-${attempt++}`), { timeoutMs: 60_000 });
    });
    await expectOnceEach(causes);
  });

  it('go on when placement was gone', async () => {
    const causes = await appendWhile('placement', async () => {
      await dapr.placement.kill();
      await dapr.placement.restart();
      let attempt = 0;
      await patiently(() => bothHost(`agreed-${attempt++}`), { timeoutMs: 60_000 });
    });
    await expectOnceEach(causes);
  });

  it('may have the same account active at once, and its chain is right all the same', async () => {
    const ask = async ({ port }: Pod, id: string, input: string) => {
      const shard = shardName(shardOf(id, 256), 256);
      const body = new Uint8Array(encodeCalls([{ id, input: Buffer.from(input) }]));
      const response = await fetch(`http://127.0.0.1:${port}/actors/tested/${shard}/method/append`, { method: 'PUT', body });
      return decodeAnswer(new Uint8Array(await response.arrayBuffer())).replies.map(({ bytes }) => Buffer.from(bytes).toString('utf8'));
    };
    const causes = Array.from({ length: 40 }, (_, n) => `twice-${n}`);
    await Promise.all(causes.flatMap((cause) => [left, right].map((pod) => ask(pod, 'contested', cause))));
    expect([...(await causesOf(chains, 'contested'))].sort()).toEqual([...causes].sort());
  });

  it('lose nothing when one ends as it should, and the other has all of it at once', async () => {
    const causes = await appendWhile('drain', async () => {
      left.process.kill('SIGTERM');
      expect(await new Promise((resolve) => left.process.once('exit', resolve))).toBe(0);
      let attempt = 0;
      await patiently(async () => (await appendToAll(`drained-${attempt++}`)).every((host) => host === 'right'));
    });
    await expectOnceEach(causes);
  });
});
