import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { runCli } from './run-cli.js';
import type { Writer } from './terminal/terminal.js';

export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
  /** Unpacked. */
  readonly body: Buffer;
}

type Answerer = (asked: Asked, response: ServerResponse) => unknown;

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** A platform that answers what a spec recorded, and a folder and a terminal to run commands against it. */
export class RecordedPlatform {
  readonly asked: Asked[] = [];
  private readonly answers = new Map<string, Answerer>();

  private constructor(
    private readonly server: Server,
    readonly folder: string,
  ) {}

  static async open(): Promise<RecordedPlatform> {
    const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-cli-'));
    const server = createServer();
    const platform = new RecordedPlatform(server, folder);
    server.on('request', (request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        const url = new URL(request.url ?? '', 'http://here');
        const body = Buffer.concat(pieces);
        platform.answer(
          {
            method: request.method ?? '',
            path: decodeURIComponent(url.pathname),
            query: Object.fromEntries(url.searchParams),
            headers: request.headers,
            body: request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body,
          },
          response,
        );
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    return platform;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Answers `GET /v1/…` with a value, or with what the function makes of the request. */
  on(route: string, answer: Answerer | object): void {
    this.answers.set(route, typeof answer === 'function' ? (answer as Answerer) : () => answer);
  }

  problem(route: string, status: number, code: string, detail: string, extra: object = {}): void {
    this.on(route, (_asked, response) => {
      response.statusCode = status;
      return { type: `/problems/${code}`, code, detail, ...extra };
    });
  }

  private answer(asked: Asked, response: ServerResponse): void {
    this.asked.push(asked);
    const answerer = this.answers.get(`${asked.method} ${asked.path}`);
    const value = answerer ? answerer(asked, response) : { code: 'not_found', detail: `${asked.method} ${asked.path} was not recorded.` };
    if (!answerer) response.statusCode = 404;
    // Whoever answers nothing answers by itself.
    if (value === undefined) return;
    if (value instanceof Buffer) return void response.end(value);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(value));
  }

  async file(name: string, content: string | Uint8Array): Promise<string> {
    await writeFile(join(this.folder, name), content);
    return name;
  }

  /** Types a command line; waits of the client pass at once. */
  async run(
    args: readonly string[],
    over: {
      readonly env?: Readonly<Record<string, string>>;
      readonly input?: string;
      readonly interrupted?: AbortSignal;
      readonly columns?: number;
    } = {},
  ): Promise<Ran> {
    const [out, err] = [new MemoryWriter(over.columns), new MemoryWriter(undefined)];
    const code = await runCli(args, {
      out,
      err,
      input: (async function* () {
        yield Buffer.from(over.input ?? '');
      })(),
      bars: undefined,
      env: over.env ?? { TOLLKEEPER_URL: this.url, TOLLKEEPER_API_KEY: 'tk_spec' },
      folder: this.folder,
      timers: {
        after: (_delayMs, work) => {
          const immediate = setImmediate(work);
          return () => clearImmediate(immediate);
        },
      },
      interrupted: over.interrupted ?? new AbortController().signal,
    });
    return { code, out: out.text, err: err.text };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
    await rm(this.folder, { recursive: true });
  }
}

class MemoryWriter implements Writer {
  text = '';
  readonly isTerminal: boolean;

  constructor(readonly columns: number | undefined) {
    this.isTerminal = columns !== undefined;
  }

  write(content: string | Uint8Array): Promise<void> {
    this.text += typeof content === 'string' ? content : Buffer.from(content).toString('latin1');
    return Promise.resolve();
  }
}
