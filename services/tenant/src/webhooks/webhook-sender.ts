import { lookup as lookUp, type LookupAddress } from 'node:dns';
import http, { type IncomingMessage, type RequestOptions } from 'node:http';
import https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { textOf } from '../shell/followed-writer.js';
import { refusalOf, type WebhookTargets } from './target-policy.js';

export type SendOutcome =
  { readonly status: 'answered'; readonly code: number } | { readonly status: 'failed'; readonly error: string };

export interface WebhookRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends one request and says how it went; never rejects. */
export interface WebhookSender {
  send(request: WebhookRequest): Promise<SendOutcome>;
  close(): void;
}

/** Injection token of the webhook sender. */
export const WEBHOOK_SENDER = Symbol('WebhookSender');

/** For connecting, sending and the answer's head together. */
const timeoutMs = 10_000;
/** An answer's body is read so far, that the connection can be used again, and thrown away. */
const longestAnswer = 64 * 1024;

/**
 * Sends over HTTP to addresses that the policy allows. The address is judged when the connection is made, so a name that
 * resolves to another address later finds no way around. Redirects are not followed.
 */
export class HttpWebhookSender implements WebhookSender {
  private readonly agents = {
    'http:': new http.Agent({ keepAlive: true, maxFreeSockets: 16, timeout: 60_000 }),
    'https:': new https.Agent({ keepAlive: true, maxFreeSockets: 16, timeout: 60_000 }),
  };

  constructor(private readonly targets: WebhookTargets) {}

  async send({ url, headers, body }: WebhookRequest): Promise<SendOutcome> {
    try {
      const target = new URL(url);
      const literal = target.hostname.replace(/^\[|\]$/g, '');
      const refusal = isIP(literal) === 0 ? undefined : refusalOf(literal, this.targets);
      if (refusal !== undefined) return { status: 'failed', error: `${refusal}.` };
      return await this.exchange(target, headers, body);
    } catch (error) {
      return { status: 'failed', error: `The endpoint was not reached: ${reasonOf(error)}.` };
    }
  }

  private exchange(target: URL, headers: WebhookRequest['headers'], body: string): Promise<SendOutcome> {
    const { promise, resolve, reject } = Promise.withResolvers<SendOutcome>();
    const bytes = Buffer.from(body);
    const secure = target.protocol === 'https:';
    const options: RequestOptions = {
      method: 'POST',
      headers: { ...headers, 'content-length': String(bytes.length) },
      agent: this.agents[secure ? 'https:' : 'http:'],
      lookup: this.allowedLookup,
      signal: AbortSignal.timeout(timeoutMs),
    };
    const request = (secure ? https : http).request(target, options, (response) => {
      drain(response);
      resolve({ status: 'answered', code: response.statusCode ?? 0 });
    });
    request.on('error', reject);
    request.end(bytes);
    return promise;
  }

  /** Gives the connection only addresses that the policy allows. */
  private readonly allowedLookup: LookupFunction = (hostname, options, callback) => {
    lookUp(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 0);
      const allowed = addresses.filter(({ address }) => refusalOf(address, this.targets) === undefined);
      const [first] = allowed;
      if (!first) {
        const why = addresses.map(({ address }) => refusalOf(address, this.targets)).find((refusal) => refusal !== undefined);
        return callback(new Error(why ?? `${hostname} has no address`), '', 0);
      }
      if (options.all) return callback(null, allowed);
      return callback(null, first.address, first.family);
    });
  };

  close(): void {
    this.agents['http:'].destroy();
    this.agents['https:'].destroy();
  }
}

function drain(response: IncomingMessage): void {
  let seen = 0;
  response.on('data', (chunk: Buffer) => {
    seen += chunk.length;
    if (seen > longestAnswer) response.destroy();
  });
  // The outcome is known from the head; what happens to the rest of the answer does not change it.
  response.on('error', () => undefined);
}

function reasonOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return textOf(error);
  if ('name' in error && error.name === 'AbortError') return `no answer within ${timeoutMs / 1000} seconds`;
  // Several addresses were tried, and each failed for its own reason.
  if ('errors' in error && Array.isArray(error.errors)) return error.errors.map(textOf).join('; ');
  return textOf(error);
}
