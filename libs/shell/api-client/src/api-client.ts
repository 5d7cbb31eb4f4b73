import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Timers } from '@tollkeeper/ports';
import { ApiUnreachable, toApiProblem } from './api-problem.js';
import { defaultBackoff, type Backoff, waitBefore } from './backoff.js';
import type { WirePage } from './wire.js';

const pack = promisify(gzip);

/** Smaller bodies are not worth packing. */
const gzipFromBytes = 4096;

export interface ApiClientOptions {
  /** `http://127.0.0.1:4420` */
  readonly baseUrl: string;
  /** Undefined for what needs no key. */
  readonly apiKey?: string;
  readonly fetch?: typeof fetch;
  readonly timers: Timers;
  readonly backoff?: Partial<Backoff>;
  /** Told before each wait, for progress shown to a person. */
  readonly onRetry?: (why: { readonly status?: number; readonly waitMs: number }) => void;
}

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

export interface SendOptions {
  readonly query?: Query;
  readonly headers?: Readonly<Record<string, string>>;
  /** Default: a fresh one for each write, so that its retries are harmless. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

/** Text or bytes with their media type; anything else is sent as JSON. */
export class RawBody {
  constructor(
    readonly contentType: string,
    readonly content: string | Uint8Array | ReadableStream<Uint8Array>,
  ) {}
}

export interface Download {
  readonly contentType: string;
  /** From Content-Disposition. */
  readonly fileName: string | undefined;
  readonly content: ReadableStream<Uint8Array>;
}

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A thin client of the public API. Requests that were turned away (429, 502, 503, 504) or got no answer are sent again
 * with growing pauses, under the same Idempotency-Key.
 * Every method throws ApiProblem for a refusal and ApiUnreachable when nothing answers.
 */
export class ApiClient {
  private readonly base: string;

  constructor(private readonly options: ApiClientOptions) {
    this.base = options.baseUrl.replace(/\/+$/, '');
  }

  get<T>(path: string, query?: Query, options: SendOptions = {}): Promise<T> {
    return this.json('GET', path, undefined, { ...options, query: { ...options.query, ...query } });
  }

  post<T>(path: string, body?: unknown, options?: SendOptions): Promise<T> {
    return this.json('POST', path, body, options);
  }

  put<T>(path: string, body?: unknown, options?: SendOptions): Promise<T> {
    return this.json('PUT', path, body, options);
  }

  delete<T>(path: string, options?: SendOptions): Promise<T> {
    return this.json('DELETE', path, undefined, options);
  }

  /** Every item of a list, page after page. */
  async *list<T>(path: string, query: Query = {}): AsyncGenerator<T, void, undefined> {
    let cursor: string | undefined;
    do {
      const page: WirePage<T> = await this.get(path, { limit: 100, ...query, cursor });
      yield* page.items;
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  /** A document in another form than JSON, as a stream. */
  async download(path: string, accept: string, query: Query = {}): Promise<Download> {
    const response = await this.send('GET', path, undefined, { query, headers: { accept } });
    const name = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '')?.[1];
    const empty = new ReadableStream<Uint8Array>({ start: (controller) => controller.close() });
    return { contentType: response.headers.get('content-type') ?? '', fileName: name, content: response.body ?? empty };
  }

  private async json<T>(method: Method, path: string, body: unknown, options: SendOptions = {}): Promise<T> {
    const response = await this.send(method, path, body, options);
    return (await response.json()) as T;
  }

  /** The successful response, its body not read yet. */
  async send(method: Method, path: string, body?: unknown, options: SendOptions = {}): Promise<Response> {
    const url = `${this.base}${path}${queryText(options.query ?? {})}`;
    const request = await this.request(method, body, options);
    const repeatable = !(request.body instanceof ReadableStream);
    const backoff = { ...defaultBackoff, ...this.options.backoff };
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.attempt(url, request);
      if (outcome instanceof Response && outcome.ok) return outcome;
      options.signal?.throwIfAborted();
      const waitMs = repeatable ? waitBefore(attempt, backoff, outcome instanceof Response ? outcome : undefined) : undefined;
      if (waitMs === undefined) throw await this.failure(outcome);
      this.options.onRetry?.({ waitMs, ...(outcome instanceof Response ? { status: outcome.status } : {}) });
      if (outcome instanceof Response) await outcome.body?.cancel();
      await new Promise<void>((resolve) => void this.options.timers.after(waitMs, resolve));
    }
  }

  /** The response, or why there is none. */
  private async attempt(url: string, request: RequestInit): Promise<Response | { readonly unreachable: unknown }> {
    try {
      return await (this.options.fetch ?? fetch)(url, request);
    } catch (unreachable) {
      return { unreachable };
    }
  }

  private async failure(outcome: Response | { readonly unreachable: unknown }): Promise<Error> {
    if (outcome instanceof Response) return toApiProblem(outcome.status, await outcome.text());
    return new ApiUnreachable(this.base, outcome.unreachable);
  }

  private async request(method: Method, body: unknown, options: SendOptions): Promise<RequestInit> {
    const headers: Record<string, string> = { accept: 'application/json' };
    if (this.options.apiKey !== undefined) headers['authorization'] = `Bearer ${this.options.apiKey}`;
    if (method !== 'GET') headers['idempotency-key'] = options.idempotencyKey ?? randomUUID();
    const init: RequestInit = { method, ...(options.signal ? { signal: options.signal } : {}) };
    if (body === undefined) return { ...init, headers: { ...headers, ...options.headers } };
    const raw = body instanceof RawBody ? body : new RawBody('application/json', JSON.stringify(body));
    headers['content-type'] = raw.contentType;
    const { content } = raw;
    if (content instanceof ReadableStream) {
      return { ...init, headers: { ...headers, ...options.headers }, body: content, duplex: 'half' } as RequestInit;
    }
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    const packed = bytes.length >= gzipFromBytes && options.headers?.['content-encoding'] === undefined;
    if (packed) headers['content-encoding'] = 'gzip';
    return { ...init, headers: { ...headers, ...options.headers }, body: new Uint8Array(packed ? await pack(bytes) : bytes) };
  }
}

function queryText(query: Query): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) params.set(name, String(value));
  return params.size === 0 ? '' : `?${params}`;
}
