import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { readSettings, type ServiceName, SettingsError } from './settings.js';

const engines = { TOLLKEEPER_NATS_URL: 'nats://nats:4222', TOLLKEEPER_MONGODB_URL: 'mongodb://mongo:27017/?replicaSet=rs0' };
const secret = Buffer.alloc(32, 7).toString('base64');

function faultOf(service: ServiceName, env: Record<string, string>): string {
  try {
    readSettings(service, env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  throw new Error('the settings were taken');
}

describe('settings of a process', () => {
  it('need nothing but the engines', () => {
    expect(readSettings('rating', engines)).toMatchObject({
      natsServers: ['nats://nats:4222'],
      mongodbDatabase: 'tollkeeper',
      usagePartitions: 16,
      httpPort: 7410,
      healthPort: 7412,
      logLevel: 'log',
      daprHttpPort: undefined,
    });
  });

  it('tell everything that is wrong at once, by the names of the variables', () => {
    const fault = faultOf('tenant', { TOLLKEEPER_NATS_URL: 'http://nats', TOLLKEEPER_USAGE_PARTITIONS: 'many', TOLLKEEPER_LOG_LEVEL: 'loud' });
    expect(fault.split('\n')).toEqual([
      'TOLLKEEPER_NATS_URL is not an address like nats://nats:4222; it begins with nats:// or tls://.',
      'TOLLKEEPER_MONGODB_URL is missing; set it to an address like mongodb://mongodb:27017/?replicaSet=rs0.',
      'TOLLKEEPER_LOG_LEVEL is none of fatal, error, warn, log, debug, verbose; leave it out for log.',
      'TOLLKEEPER_USAGE_PARTITIONS is not a whole number from 1 to 256; leave it out for 16.',
      expect.stringContaining('TOLLKEEPER_INSTALLATION_SECRET is missing'),
    ]);
  });

  it('ask for what only one service needs in that service alone', () => {
    expect(faultOf('ingestion', engines)).toContain('TOLLKEEPER_FILES_FOLDER is missing');
    expect(faultOf('tenant', { ...engines, TOLLKEEPER_INSTALLATION_SECRET: 'c2hvcnQ=' })).toContain('does not hold 32 bytes');
    expect(readSettings('tenant', { ...engines, TOLLKEEPER_INSTALLATION_SECRET: secret }).installationSecret).toHaveLength(32);
    expect(readSettings('ingestion', { ...engines, TOLLKEEPER_FILES_FOLDER: '/files' }).filesFolder).toBe('/files');
  });

  it('take several servers, and Dapr’s own variable', () => {
    const { natsServers, daprHttpPort } = readSettings('rating', { ...engines, TOLLKEEPER_NATS_URL: 'nats://a:4222, nats://b:4222', DAPR_HTTP_PORT: '3500' });
    expect(natsServers).toEqual(['nats://a:4222', 'nats://b:4222']);
    expect(daprHttpPort).toBe(3500);
  });

  it('come from files where they are secret', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-settings-'));
    try {
      const file = join(folder, 'secret');
      await writeFile(file, `${secret}\n`);
      expect(readSettings('tenant', { ...engines, TOLLKEEPER_INSTALLATION_SECRET_FILE: file }).installationSecret).toEqual(Buffer.alloc(32, 7));
      expect(faultOf('tenant', { ...engines, TOLLKEEPER_INSTALLATION_SECRET_FILE: join(folder, 'none') })).toContain('TOLLKEEPER_INSTALLATION_SECRET_FILE cannot be read');
      expect(faultOf('tenant', { ...engines, TOLLKEEPER_INSTALLATION_SECRET: secret, TOLLKEEPER_INSTALLATION_SECRET_FILE: file })).toContain('both set');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
