import { freePort } from './ports.js';
import { type RealServer, startServer } from './real-server.js';
import { serverFile } from './server-file.js';

/** A line between two programs that a test can cut and slow down. */
export interface Line {
  /** Where the client connects to: `127.0.0.1:PORT`. */
  readonly address: string;
  /** Closes what is connected and refuses new connections. */
  cut(): Promise<void>;
  /** Keeps what is connected, and lets nothing through in either direction: the other side seems to have vanished. */
  swallow(): Promise<void>;
  /** Delays what the server answers. */
  slow(latencyMs: number): Promise<void>;
  /** Undoes all of these; what was swallowed stays lost, and its connections are closed. */
  mend(): Promise<void>;
}

export interface Toxiproxy extends RealServer {
  /** A new line to the server at `upstream`, `HOST:PORT`. */
  lineTo(upstream: string): Promise<Line>;
}

/** A TCP proxy for faults of the network. */
export async function startToxiproxy({ folder }: { readonly folder: string }): Promise<Toxiproxy> {
  const port = await freePort();
  const address = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: 'toxiproxy',
    binary: serverFile('toxiproxy'),
    args: ['-host', '127.0.0.1', '-port', String(port)],
    folder,
    address,
    ready: async () => (await fetch(`${address}/version`, { signal: AbortSignal.timeout(2_000) })).ok,
  });
  return Object.assign(server, { lineTo: (upstream: string) => openLine(address, upstream) });
}

async function openLine(api: string, upstream: string): Promise<Line> {
  const address = `127.0.0.1:${await freePort()}`;
  const name = address.replaceAll(/\W/g, '-');
  const proxy = `${api}/proxies/${name}`;
  await ask('POST', `${api}/proxies`, { name, listen: address, upstream, enabled: true });
  const toxics = new Set<string>();
  const add = async (toxic: string, body: object) => {
    toxics.add(toxic);
    await ask('POST', `${proxy}/toxics`, { name: toxic, ...body });
  };
  return {
    address,
    cut: () => ask('POST', proxy, { enabled: false }),
    swallow: async () => {
      for (const stream of ['upstream', 'downstream']) await add(`swallow-${stream}`, { type: 'timeout', stream, attributes: { timeout: 0 } });
    },
    slow: (latencyMs) => add('slow', { type: 'latency', stream: 'downstream', attributes: { latency: latencyMs } }),
    mend: async () => {
      for (const toxic of toxics) await ask('DELETE', `${proxy}/toxics/${toxic}`);
      toxics.clear();
      await ask('POST', proxy, { enabled: true });
    },
  };
}

async function ask(method: string, url: string, body?: object): Promise<void> {
  const response = await fetch(url, { method, body: body && JSON.stringify(body), signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`toxiproxy answered ${method} ${url} with ${response.status}: ${await response.text()}`);
  await response.body?.cancel();
}
