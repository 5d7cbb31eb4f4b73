import { readFileSync } from 'node:fs';
import { Agent, request as sendRequest } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Route, routeTable } from '@tollkeeper/gateway-service';
import { SeededRandom } from '../sample/seeded-random.js';
import { type EmbeddedProcess, newFolder, startForTest } from './embedded-process.fixture.js';
import { furnish, type FurnishedTenant } from './furnished-tenant.fixture.js';
import { type HostileRequest, hostileRequest } from './hostile-requests.fixture.js';

/** By hand: TOLLKEEPER_HOSTILE=100000 TOLLKEEPER_HOSTILE_SEED=7. */
const requests = Number(process.env['TOLLKEEPER_HOSTILE'] ?? 6000);
const seed = Number(process.env['TOLLKEEPER_HOSTILE_SEED'] ?? 20260101);
const clients = 12;
/** The process holds stores, caches and up to twelve bodies of 16 MiB; unbounded growth would go far beyond. */
const mostMemoryMiB = 1200;

interface Outcome {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const folder = newFolder('hostile');
const agent = new Agent({ keepAlive: true, maxSockets: clients });
let platform: EmbeddedProcess;
let tenant: FurnishedTenant;

beforeAll(async () => {
  platform = await startForTest(folder.path);
  // The names of the examples, so that requests without tricks are about things that are there.
  tenant = await furnish(platform, 'hostile', { meter: 'energy', priceList: 'standard-2026', mapping: 'sim-csv', device: 'SE*NGR*E0001' });
}, 60_000);

afterAll(async () => {
  agent.destroy();
  await platform.kill();
  folder.remove();
});

/** Undefined when the platform hung up before its answer was read, as it may on a body that it will not read to the end. */
function send(draft: HostileRequest): Promise<Outcome | undefined> {
  const { hostname, port } = new URL(platform.address);
  return new Promise((resolve, reject) => {
    const body = Buffer.from(draft.body ?? '');
    const headers = { ...draft.headers, ...(draft.body === undefined ? {} : { 'content-length': String(body.length) }) };
    const outgoing = sendRequest({ hostname, port, path: draft.url, method: draft.method, headers, agent, timeout: 30_000 }, (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.on('error', () => resolve(undefined));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: Buffer.concat(pieces).toString('utf8') }));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer within 30 s: ${draft.method} ${draft.url} ${draft.tricks.join(', ')}`)));
    outgoing.on('error', (error: NodeJS.ErrnoException) => (error.code === 'ECONNRESET' || error.code === 'EPIPE' ? resolve(undefined) : reject(error)));
    outgoing.end(body);
  });
}

function keyFor(route: Route): string {
  return route.scope === 'platform' ? platform.operatorKey : tenant.apiKey;
}

function memoryMiB(what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${platform.pid}/status`, 'utf8');
  return Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
}

/** Bytes of a socket that no client of HTTP would let out. */
const rawBytes = [
  'GET / HTTP/9.9\r\n\r\n', 'GARBAGE\r\n\r\n', `GET /${'x'.repeat(40_000)} HTTP/1.1\r\nhost: x\r\n\r\n`, `GET / HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(40_000)}\r\n\r\n`,
  'POST /v1/usage HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcde', 'POST /v1/usage HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n',
  'POST /v1/usage HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\nzz\r\n', 'POST /v1/usage HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\n',
  'GET /v1/me HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \u0001\r\n\r\n', 'GET /v1/\u0000 HTTP/1.1\r\nhost: x\r\n\r\n', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\u0016\u0003\u0001\u0002\u0000\u0001\u0000', '\r\n\r\n\r\n',
  'GET http://elsewhere.example/v1/me HTTP/1.1\r\nhost: x\r\n\r\n', 'CONNECT elsewhere.example:443 HTTP/1.1\r\nhost: elsewhere.example\r\n\r\n', 'OPTIONS * HTTP/1.1\r\nhost: x\r\n\r\n',
  'GET /v1/me HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n', 'POST /v1/usage HTTP/1.1\r\nhost: x\r\nexpect: 200-maybe\r\ncontent-length: 1\r\n\r\na',
];

/** What is answered to bytes after which the caller leaves: the statuses of all answers. */
function sendRaw(bytes: string): Promise<readonly number[]> {
  const { hostname, port } = new URL(platform.address);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect(Number(port), hostname, () => socket.write(Buffer.from(bytes, 'latin1')));
    const leave = setTimeout(() => socket.destroy(), 150);
    socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(leave);
      resolve([...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status)));
    });
  });
}

describe('hostile input', () => {
  it(`answers ${requests} hostile requests over every route with 2xx or 4xx, and lives`, async () => {
    const random = new SeededRandom(seed);
    const faults: object[] = [];
    const counts = new Map<number, number>();
    let hungUp = 0;
    let next = 0;
    const work = async () => {
      while (next < requests && faults.length < 10) {
        const route = routeTable[next++ % routeTable.length];
        if (!route) throw new Error('the route table is empty');
        const draft = hostileRequest(route, keyFor(route), tenant.ids, random);
        const outcome = await send(draft);
        if (!outcome) hungUp++;
        else counts.set(outcome.status, (counts.get(outcome.status) ?? 0) + 1);
        const isProblem = outcome?.type.startsWith('application/problem+json') || draft.method === 'HEAD';
        if (outcome && (outcome.status < 200 || outcome.status >= 500 || (outcome.status >= 400 && !isProblem))) {
          const { method, url, headers, tricks, body } = draft;
          faults.push({ operation: route.operationId, method, url: url.slice(0, 300), headers, tricks, body: Buffer.from(body ?? '').toString('latin1').slice(0, 300), status: outcome.status, text: outcome.text.slice(0, 300) });
        }
      }
    };
    await Promise.all(Array.from({ length: clients }, work));
    expect(faults).toEqual([]);
    expect(platform.complaints()).toBe('');
    // Large bodies are refused before they are read to the end, and then the line is cut; nothing else may be.
    expect(hungUp).toBeLessThan(requests / 50);
    expect(memoryMiB('VmHWM')).toBeLessThan(mostMemoryMiB);
    const told = [...counts].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
    process.stderr.write(`hostile trial: ${requests} requests (${told.join(', ')}, hung up ${hungUp}), at most ${memoryMiB('VmHWM')} MiB\n`);
  }, 120_000);

  it('answers bytes that are no HTTP at all, or closes the line', async () => {
    const statuses = await Promise.all([...rawBytes, ...rawBytes].map(sendRaw));
    expect(statuses.flat().filter((status) => status >= 500 && status !== 505)).toEqual([]);
  });

  it('serves as before afterwards', async () => {
    const { client } = tenant;
    expect(platform.ended()).toBeUndefined();
    expect(await client.get('/v1/me')).toMatchObject({ tenant_id: tenant.id, role: 'admin' });
    expect(await client.get('/health/ready')).toEqual({ status: 'ok' });
    expect(await client.get(`/v1/meters/energy`)).toMatchObject({ code: 'energy' });
  });
});
