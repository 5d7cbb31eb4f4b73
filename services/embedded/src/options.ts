import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** What a person may decide about the platform in one process. */
export interface EmbeddedOptions {
  /** Everything durable is below this folder. */
  readonly dataFolder: string;
  readonly host: string;
  /** 0 lets the system choose a free one. */
  readonly port: number;
  /** Create the sample tenant and live through its months, when the data folder is new. */
  readonly sample: boolean;
  /** Files that appear below it are imported. */
  readonly watchFolder: string | undefined;
  /** How long usage is gathered before a page is booked, in milliseconds. */
  readonly pageMs: number;
  readonly logLevel: 'error' | 'warn' | 'log' | 'debug';
}

/** A setting that cannot be used; the text names it and says how to mend it. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

export const usage = `Usage: npm start -- [options]

The whole platform in one process: API, rating, invoices, receivables, commissions.

  --data FOLDER      where everything durable lives         TOLLKEEPER_DATA        (data)
  --host ADDRESS     address to listen on                   TOLLKEEPER_HOST        (127.0.0.1)
  --port NUMBER      port to listen on, 0 for any           TOLLKEEPER_PORT        (7410)
  --watch FOLDER     import usage files that appear there   TOLLKEEPER_WATCH
  --page-ms NUMBER   gather usage this long before booking  TOLLKEEPER_PAGE_MS     (1000)
  --log-level LEVEL  error, warn, log or debug              TOLLKEEPER_LOG_LEVEL   (warn)
  --no-sample        do not create the sample tenant
  --help             this text

Traces and metrics are sent where OTEL_EXPORTER_OTLP_ENDPOINT says (http://collector:4318), and nowhere without it.
`;

const levels = ['error', 'warn', 'log', 'debug'] as const;

/** Reads the command line, then the environment, then defaults. @throws OptionsError */
export function readOptions(args: readonly string[], env: Readonly<Record<string, string | undefined>>): EmbeddedOptions | 'help' {
  const values = parse(args);
  if (values.help) return 'help';
  const text = (flag: string | undefined, name: string, otherwise: string) => flag ?? env[name] ?? otherwise;
  const logLevel = text(values['log-level'], 'TOLLKEEPER_LOG_LEVEL', 'warn');
  const level = levels.find((one) => one === logLevel);
  if (!level) throw new OptionsError(`--log-level (TOLLKEEPER_LOG_LEVEL) is “${logLevel}”; choose one of ${levels.join(', ')}.`);
  const data = text(values.data, 'TOLLKEEPER_DATA', 'data');
  if (data.trim() === '') throw new OptionsError('--data (TOLLKEEPER_DATA) is empty; name a folder, or leave it away for ./data.');
  const watch = values.watch ?? env['TOLLKEEPER_WATCH'];
  return {
    dataFolder: resolve(data),
    host: text(values.host, 'TOLLKEEPER_HOST', '127.0.0.1'),
    port: wholeNumber('--port (TOLLKEEPER_PORT)', text(values.port, 'TOLLKEEPER_PORT', '7410'), 0, 65535),
    sample: values.sample ?? false,
    watchFolder: watch === undefined || watch === '' ? undefined : resolve(watch),
    pageMs: wholeNumber('--page-ms (TOLLKEEPER_PAGE_MS)', text(values['page-ms'], 'TOLLKEEPER_PAGE_MS', '1000'), 1, 60_000),
    logLevel: level,
  };
}

function parse(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      allowNegative: true,
      options: {
        data: { type: 'string' },
        host: { type: 'string' },
        port: { type: 'string' },
        watch: { type: 'string' },
        'page-ms': { type: 'string' },
        'log-level': { type: 'string' },
        sample: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    return values;
  } catch (error) {
    throw new OptionsError(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`);
  }
}

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!/^\d{1,6}$/.test(text) || value < least || value > most) {
    throw new OptionsError(`${name} is “${text}”; give a whole number from ${least} to ${most}.`);
  }
  return value;
}
