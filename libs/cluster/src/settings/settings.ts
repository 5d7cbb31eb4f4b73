import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Level, logLevels } from '../logging/json-logger.js';

export const serviceNames = ['gateway', 'tenant', 'ingestion', 'rating', 'invoicing', 'receivables', 'commissions'] as const;
export type ServiceName = (typeof serviceNames)[number];

/** What an operator may decide about one process. */
export interface ClusterSettings {
  /** One or more addresses of the NATS servers. */
  readonly natsServers: readonly string[];
  readonly mongodbUrl: string;
  readonly mongodbDatabase: string;
  /** Port of Dapr's sidecar; undefined where actors run without Dapr. */
  readonly daprHttpPort: number | undefined;
  /** What the sidecar wants to be shown, where it is set up so. */
  readonly daprApiToken: string | undefined;
  /** Where Dapr calls this process. */
  readonly appPort: number;
  readonly httpHost: string;
  /** Of the gateway's API; 0 for any free one. */
  readonly httpPort: number;
  readonly healthPort: number;
  readonly logLevel: Level;
  /** Ingestion and rating must be told the same number. */
  readonly usagePartitions: number;
  /** Copies of what is on the bus: 1, or 3 where NATS has three servers. */
  readonly streamReplicas: number;
  /** MiB of a stream that may wait for its consumers before publishers are refused. */
  readonly backlogMib: number;
  /** After so long without a word from whom it was delivered to, a message is delivered again, in milliseconds. */
  readonly ackWaitMs: number;
  /** How long usage is gathered before a page is booked, in milliseconds. */
  readonly pageMs: number;
  /** 32 bytes; only the tenant service needs it. */
  readonly installationSecret: Uint8Array;
  /** Where the operator's key is written at the start of the tenant service, if anywhere. */
  readonly operatorKeyFile: string | undefined;
  /** Files that are received and imported; only ingestion needs it. All of its replicas must share the folder. */
  readonly filesFolder: string;
  readonly watchFolder: string | undefined;
  /** Where webhooks may go: public addresses only, also those of private networks, or also this machine. */
  readonly webhookTargets: 'public' | 'private' | 'loopback';
  /** Between “not ready” and the end of taking requests, in milliseconds: load balancers need a moment to notice. */
  readonly drainDelayMs: number;
  /** Tells replicas apart in logs; the pod's name. */
  readonly instance: string;
}

/** Settings that cannot be used; the text names each variable, says what is wrong and how to mend it. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
}

type Environment = Readonly<Record<string, string | undefined>>;

const secretBytes = 32;

function port(variable: string, otherwise: number) {
  return wholeNumber(variable, otherwise, 0, 65_535);
}

function wholeNumber(variable: string, otherwise: number, least: number, most: number) {
  const says = `${variable} is not a whole number from ${least} to ${most}; leave it out for ${otherwise}.`;
  return z.string().regex(/^\d{1,9}$/, says).transform(Number).refine((value) => value >= least && value <= most, says).default(otherwise);
}

function folder(variable: string, what: string) {
  return z.string(`${variable} is missing; name ${what}.`);
}

function url(variable: string, schemes: string, example: string) {
  const says = `is not an address like ${example}`;
  return z
    .string(`${variable} is missing; set it to an address like ${example}.`)
    .regex(new RegExp(`^(?:${schemes})://\\S+(?:, *(?:${schemes})://\\S+)*$`), `${variable} ${says}; it begins with ${schemes.split('|').map((scheme) => `${scheme}://`).join(' or ')}.`);
}

/** Variables that every process reads. */
const everywhere = z.object({
  TOLLKEEPER_NATS_URL: url('TOLLKEEPER_NATS_URL', 'nats|tls', 'nats://nats:4222').transform((text) => text.split(',').map((one) => one.trim())),
  TOLLKEEPER_MONGODB_URL: url('TOLLKEEPER_MONGODB_URL', 'mongodb|mongodb\\+srv', 'mongodb://mongodb:27017/?replicaSet=rs0'),
  TOLLKEEPER_MONGODB_DATABASE: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,38}$/, 'TOLLKEEPER_MONGODB_DATABASE is not a name of 1 to 38 letters, digits, _ and -; leave it out for tollkeeper.')
    .default('tollkeeper'),
  TOLLKEEPER_DAPR_HTTP_PORT: wholeNumber('TOLLKEEPER_DAPR_HTTP_PORT', 0, 0, 65_535),
  DAPR_API_TOKEN: z.string().optional(),
  TOLLKEEPER_APP_PORT: port('TOLLKEEPER_APP_PORT', 7_411),
  TOLLKEEPER_HTTP_HOST: z.string().default('0.0.0.0'),
  TOLLKEEPER_HTTP_PORT: port('TOLLKEEPER_HTTP_PORT', 7_410),
  TOLLKEEPER_HEALTH_PORT: port('TOLLKEEPER_HEALTH_PORT', 7_412),
  TOLLKEEPER_LOG_LEVEL: z.enum(logLevels, `TOLLKEEPER_LOG_LEVEL is none of ${logLevels.join(', ')}; leave it out for log.`).default('log'),
  TOLLKEEPER_USAGE_PARTITIONS: wholeNumber('TOLLKEEPER_USAGE_PARTITIONS', 16, 1, 256),
  TOLLKEEPER_STREAM_REPLICAS: z.enum(['1', '3'], 'TOLLKEEPER_STREAM_REPLICAS is neither 1 nor 3; leave it out for 1.').transform(Number).default(1),
  TOLLKEEPER_BACKLOG_MIB: wholeNumber('TOLLKEEPER_BACKLOG_MIB', 2_048, 1, 1_048_576),
  TOLLKEEPER_ACK_WAIT_MS: wholeNumber('TOLLKEEPER_ACK_WAIT_MS', 30_000, 2_000, 600_000),
  TOLLKEEPER_PAGE_MS: wholeNumber('TOLLKEEPER_PAGE_MS', 1_000, 1, 60_000),
  TOLLKEEPER_DRAIN_DELAY_MS: wholeNumber('TOLLKEEPER_DRAIN_DELAY_MS', 0, 0, 120_000),
  TOLLKEEPER_OPERATOR_KEY_FILE: z.string().optional(),
  TOLLKEEPER_WEBHOOK_TARGETS: z
    .enum(['public', 'private', 'loopback'], 'TOLLKEEPER_WEBHOOK_TARGETS is none of public, private, loopback; leave it out for public.')
    .default('public'),
  TOLLKEEPER_WATCH: z.string().optional(),
  HOSTNAME: z.string().default('process'),
});

const filesFolder = z.object({
  TOLLKEEPER_FILES_FOLDER: folder('TOLLKEEPER_FILES_FOLDER', 'the folder for received files, which all replicas of ingestion share'),
});

const installationSecret = z.object({
  TOLLKEEPER_INSTALLATION_SECRET: z
    .string('TOLLKEEPER_INSTALLATION_SECRET is missing; set it, or name its file in TOLLKEEPER_INSTALLATION_SECRET_FILE. `openssl rand -base64 32` makes one; keep it for ever, all API keys derive from it.')
    .transform((text) => Buffer.from(text.trim(), 'base64'))
    .refine((bytes) => bytes.length === secretBytes, `TOLLKEEPER_INSTALLATION_SECRET does not hold ${secretBytes} bytes in base64; \`openssl rand -base64 ${secretBytes}\` makes them.`),
});

/**
 * Reads what the process of a service needs. A variable NAME may be given as NAME_FILE, the path of a file that holds it: the
 * way secrets are mounted. Empty means not given.
 * @throws SettingsError that lists every fault at once
 */
export function readSettings(service: ServiceName, env: Environment): ClusterSettings {
  const faults: string[] = [];
  const given = withFiles({ ...env, TOLLKEEPER_DAPR_HTTP_PORT: env['TOLLKEEPER_DAPR_HTTP_PORT'] || env['DAPR_HTTP_PORT'] }, faults);
  const read = <T>(schema: z.ZodType<T>): T | undefined => {
    const result = schema.safeParse(given);
    if (!result.success) faults.push(...result.error.issues.map(({ message }) => message));
    return result.data;
  };
  const common = read(everywhere);
  const files = service === 'ingestion' ? read(filesFolder) : { TOLLKEEPER_FILES_FOLDER: '' };
  const secret = service === 'tenant' ? read(installationSecret) : { TOLLKEEPER_INSTALLATION_SECRET: new Uint8Array(0) };
  if (!common || !files || !secret || faults.length > 0) throw new SettingsError([...new Set(faults)].join('\n'));
  return {
    natsServers: common.TOLLKEEPER_NATS_URL,
    mongodbUrl: common.TOLLKEEPER_MONGODB_URL,
    mongodbDatabase: common.TOLLKEEPER_MONGODB_DATABASE,
    daprHttpPort: common.TOLLKEEPER_DAPR_HTTP_PORT || undefined,
    daprApiToken: common.DAPR_API_TOKEN,
    appPort: common.TOLLKEEPER_APP_PORT,
    httpHost: common.TOLLKEEPER_HTTP_HOST,
    httpPort: common.TOLLKEEPER_HTTP_PORT,
    healthPort: common.TOLLKEEPER_HEALTH_PORT,
    logLevel: common.TOLLKEEPER_LOG_LEVEL,
    usagePartitions: common.TOLLKEEPER_USAGE_PARTITIONS,
    streamReplicas: common.TOLLKEEPER_STREAM_REPLICAS,
    backlogMib: common.TOLLKEEPER_BACKLOG_MIB,
    ackWaitMs: common.TOLLKEEPER_ACK_WAIT_MS,
    pageMs: common.TOLLKEEPER_PAGE_MS,
    installationSecret: secret.TOLLKEEPER_INSTALLATION_SECRET,
    operatorKeyFile: common.TOLLKEEPER_OPERATOR_KEY_FILE,
    filesFolder: files.TOLLKEEPER_FILES_FOLDER,
    webhookTargets: common.TOLLKEEPER_WEBHOOK_TARGETS,
    watchFolder: common.TOLLKEEPER_WATCH,
    drainDelayMs: common.TOLLKEEPER_DRAIN_DELAY_MS,
    instance: common.HOSTNAME,
  };
}

const inFiles = ['TOLLKEEPER_NATS_URL', 'TOLLKEEPER_MONGODB_URL', 'TOLLKEEPER_INSTALLATION_SECRET'];

function withFiles(env: Environment, faults: string[]): Environment {
  const given: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) if (value !== undefined && value !== '') given[name] = value;
  for (const name of inFiles) {
    const path = given[`${name}_FILE`];
    if (path === undefined) continue;
    if (given[name] !== undefined) faults.push(`${name} and ${name}_FILE are both set; leave one of them out.`);
    try {
      given[name] = readFileSync(path, 'utf8').trim();
    } catch (error) {
      faults.push(`${name}_FILE cannot be read (${error instanceof Error ? error.message : String(error)}); name a file that this user may read.`);
      given[name] ??= '';
    }
  }
  return given;
}
