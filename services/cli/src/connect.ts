import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ApiClient, ApiUnreachable } from '@tollkeeper/api-client';
import { WrongUsage } from './outcome.js';
import type { Output } from './terminal/output.js';
import type { Terminal } from './terminal/terminal.js';

/** Options that every command has. */
export interface GlobalOptions {
  readonly url?: string;
  readonly key?: string;
  readonly data?: string;
  readonly json?: boolean;
}

const defaultUrl = 'http://127.0.0.1:7410';
const defaultDataFolder = 'data';
/** Written by the sample story of the embedded platform. */
const sampleKeyFile = 'sample.key';

/**
 * A client for the address and the key that the options, the environment or the data folder name, in this order.
 * @throws WrongUsage without a key, or for an address that is none
 */
export async function connect(options: GlobalOptions, terminal: Terminal, output: Output): Promise<ApiClient> {
  const url = addressOf(options, terminal);
  return clientFor(url, await keyFor(url, options, terminal), terminal, output);
}

/** For what needs no key. @throws WrongUsage for an address that is none */
export function connectWithoutKey(options: GlobalOptions, terminal: Terminal, output: Output): ApiClient {
  return clientFor(addressOf(options, terminal), undefined, terminal, output);
}

function addressOf({ url }: GlobalOptions, { env }: Terminal): URL {
  const text = url ?? given(env['TOLLKEEPER_URL']) ?? defaultUrl;
  if (!/^https?:\/\//.test(text) || !URL.canParse(text)) {
    throw new WrongUsage(`“${text}” is not an address.`, `Write one such as ${defaultUrl} in --url or TOLLKEEPER_URL.`);
  }
  return new URL(text);
}

async function keyFor(url: URL, options: GlobalOptions, { env, folder }: Terminal): Promise<string> {
  const named = given(options.key) ?? given(env['TOLLKEEPER_API_KEY']);
  if (named !== undefined) return checked(named.trim());
  const dataFolder = resolve(folder, options.data ?? given(env['TOLLKEEPER_DATA']) ?? defaultDataFolder);
  const file = join(dataFolder, sampleKeyFile);
  // The key of the sample belongs to the installation beside it and is told to no other machine.
  const found = isThisMachine(url) ? await textOf(file) : undefined;
  if (found !== undefined) return checked(found.trim());
  throw new WrongUsage(
    'There is no API key.',
    `Name one by TOLLKEEPER_API_KEY or --key. After \`npm start\` with the sample it is found by itself in ${file}; name that folder by --data or TOLLKEEPER_DATA if it is another.`,
  );
}

/** A key goes into a header, which takes no blanks or line ends. */
function checked(key: string): string {
  if (/^[\x21-\x7e]+$/.test(key)) return key;
  throw new WrongUsage('The API key has characters that no key has.', 'Copy it whole and alone; it begins with tk_.');
}

function isThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}

/** An empty variable counts as none. */
function given(text: string | undefined): string | undefined {
  return text === undefined || text.trim() === '' ? undefined : text;
}

async function textOf(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
}

function clientFor(url: URL, apiKey: string | undefined, terminal: Terminal, output: Output): ApiClient {
  const baseUrl = url.href.replace(/\/+$/, '');
  let answered = false;
  let lastError: unknown;
  const watched: typeof fetch = async (...request) => {
    try {
      const response = await fetch(...request);
      answered = true;
      return response;
    } catch (error) {
      lastError = error;
      throw error;
    }
  };
  return new ApiClient({
    baseUrl,
    timers: terminal.timers,
    fetch: watched,
    ...(apiKey === undefined ? {} : { apiKey }),
    onRetry: ({ status, waitMs }) => {
      // A platform that never answered is not running: waiting for it helps nobody. One that did comes back.
      if (status === undefined && !answered) throw new ApiUnreachable(baseUrl, lastError);
      const why = status === undefined ? 'The platform does not answer' : `The platform is busy (HTTP ${status})`;
      if (waitMs >= 1000) void output.note(`${why}; trying again in ${Math.round(waitMs / 1000)} s.`);
    },
  });
}
