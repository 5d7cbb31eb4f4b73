import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { type Line, startToxiproxy, type Toxiproxy } from './toxiproxy.js';

let folder: string;
let toxiproxy: Toxiproxy;
let echo: Server;
let line: Line;
const echoing = new Set<Socket>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tollkeeper-toxiproxy-'));
  echo = createServer((socket) => {
    echoing.add(socket);
    socket.on('error', () => socket.destroy()).pipe(socket);
  });
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve));
  toxiproxy = await startToxiproxy({ folder });
});

afterAll(async () => {
  await toxiproxy?.stop();
  for (const socket of echoing) socket.destroy();
  await new Promise((resolve) => echo.close(resolve));
  await rm(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  line = await toxiproxy.lineTo(`127.0.0.1:${(echo.address() as AddressInfo).port}`);
});

async function dial(): Promise<Socket> {
  const [host, port] = line.address.split(':');
  const socket = connect({ host, port: Number(port) });
  await once(socket, 'connect');
  return socket;
}

async function echoed(socket: Socket, text: string): Promise<string> {
  socket.write(text);
  const [data] = (await once(socket, 'data', { signal: AbortSignal.timeout(500) })) as [Buffer];
  return data.toString();
}

describe('a line through the proxy', () => {
  it('carries what is sent', async () => {
    const socket = await dial();
    expect(await echoed(socket, 'hello')).toBe('hello');
    socket.destroy();
  });

  it('closes and refuses connections while it is cut', async () => {
    const socket = await dial();
    const closed = once(socket, 'close');
    await line.cut();
    await closed;
    await expect(dial()).rejects.toThrow(/ECONNREFUSED/);

    await line.mend();
    const again = await dial();
    expect(await echoed(again, 'back')).toBe('back');
    again.destroy();
  });

  it('swallows what is sent without closing', async () => {
    const socket = await dial();
    await line.swallow();
    await expect(echoed(socket, 'lost')).rejects.toThrow(/abort/);
    expect(socket.readyState).toBe('open');
    socket.destroy();

    await line.mend();
    const again = await dial();
    expect(await echoed(again, 'back')).toBe('back');
    again.destroy();
  });

  it('delays answers', async () => {
    const socket = await dial();
    await line.slow(150);
    const begun = performance.now();
    await echoed(socket, 'patience');
    expect(performance.now() - begun).toBeGreaterThan(140);
    socket.destroy();
  });
});
