import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Daprd, startDaprd, startPlacement, startScheduler } from './dapr-servers.js';
import { patiently } from './patience.js';
import type { RealServer } from './real-server.js';

/** What an app's sidecar is asked for: it hosts actors of type `account`, which count their calls. */
interface App {
  readonly name: string;
  readonly http: Server;
  readonly port: number;
  /** Calls that this app took, by actor. */
  readonly calls: Map<string, number>;
  /** The most calls of one actor that ran at once. */
  mostAtOnce: number;
}

let folder: string;
let placement: RealServer;
let scheduler: RealServer;
let apps: App[];
let sidecars: Daprd[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-dapr-'));
  [placement, scheduler] = await Promise.all([startPlacement({ folder }), startScheduler({ folder })]);
  apps = await Promise.all([startApp('left'), startApp('right')]);
  sidecars = await Promise.all(apps.map((app) => startDaprd({ folder, appId: 'accounts', appPort: app.port, placement, scheduler })));
  await Promise.all(sidecars.map((sidecar) => sidecar.untilActorsRun()));
});

afterAll(async () => {
  await Promise.all((sidecars ?? []).map((sidecar) => sidecar.stop()));
  await Promise.all([placement?.stop(), scheduler?.stop()]);
  for (const { http } of apps ?? []) http.closeAllConnections();
  await Promise.all((apps ?? []).map(({ http }) => new Promise((resolve) => http.close(resolve))));
  await rm(folder, { recursive: true, force: true });
});

async function startApp(name: string): Promise<App> {
  const running = new Map<string, number>();
  const http = createServer((request, response) => {
    const actor = /^\/actors\/account\/([^/]+)\/method\/count$/.exec(request.url ?? '')?.[1];
    response.setHeader('content-type', 'application/json');
    if (request.url === '/dapr/config') return response.end(JSON.stringify({ entities: ['account'], actorIdleTimeout: '1h' }));
    if (actor === undefined) return response.end('{}');
    running.set(actor, (running.get(actor) ?? 0) + 1);
    app.mostAtOnce = Math.max(app.mostAtOnce, running.get(actor) ?? 0);
    setTimeout(() => {
      running.set(actor, (running.get(actor) ?? 0) - 1);
      app.calls.set(actor, (app.calls.get(actor) ?? 0) + 1);
      response.end(JSON.stringify({ app: name, calls: app.calls.get(actor) }));
    }, 2);
    return response;
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const app: App = { name, http, port: (http.address() as AddressInfo).port, calls: new Map(), mostAtOnce: 0 };
  return app;
}

async function count(sidecar: Daprd, actor: string): Promise<{ app: string; calls: number }> {
  const response = await fetch(`${sidecar.address}/v1.0/actors/account/${actor}/method/count`, { method: 'PUT', signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
  return (await response.json()) as { app: string; calls: number };
}

const untilCounted = (sidecar: Daprd, actor: string) => patiently(() => count(sidecar, actor));

function pair<T>([first, second]: readonly T[]): [T, T] {
  if (first === undefined || second === undefined) throw new Error('the test needs two of them');
  return [first, second];
}

describe('two sidecars', () => {
  it('send the calls of an actor to one and the same app, whichever of them is asked', async () => {
    const [left, right] = pair(sidecars);
    const hosts = new Set<string>();
    for (let n = 0; n < 20; n += 1) {
      const first = await count(left, `account-${n}`);
      const second = await count(right, `account-${n}`);
      expect(second).toEqual({ app: first.app, calls: 2 });
      hosts.add(first.app);
    }
    expect([...hosts].sort()).toEqual(['left', 'right']);
  });

  it('run the calls of an actor one after the other', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => count(pair(sidecars)[n % 2 === 0 ? 0 : 1], 'busy')));
    expect(answers.map(({ calls }) => calls).sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, n) => n + 1));
    expect(Math.max(...apps.map(({ mostAtOnce }) => mostAtOnce))).toBe(1);
  });

  it('move the actors of a killed sidecar to the other, and some of them back when it returns', async () => {
    const [left, right] = pair(sidecars);
    const hostsSeenFrom = async (sidecar: Daprd) => {
      const actors = Array.from({ length: 20 }, (_, n) => `account-${n}`);
      return new Set(await Promise.all(actors.map(async (actor) => (await untilCounted(sidecar, actor)).app)));
    };
    await left.kill();
    expect(await hostsSeenFrom(right)).toEqual(new Set(['right']));

    await left.restart();
    await left.untilActorsRun();
    expect(await hostsSeenFrom(right)).toEqual(new Set(['left', 'right']));
  });

  it('agree on hosts again after placement was killed', async () => {
    await placement.kill();
    await placement.restart();
    const [left, right] = pair(sidecars);
    // The first sidecar that finds placement again is told that it hosts everything, until the other is there too: for a moment an actor may be active
    // twice, which is why accounts rely on their chains and not on Dapr for there being one writer.
    const agree = async () => (await untilCounted(left, 'steady')).app === (await untilCounted(right, 'steady')).app;
    await patiently(agree, { otherwise: 'the sidecars did not agree on a host' });
  });
});
