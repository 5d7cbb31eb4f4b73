import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startMongoServer, startNatsServer } from '@tollkeeper/testing';
import { workspaceRoot } from '../workspace.mjs';
import { buildImage, imageName } from './build-image.mjs';
import { buildah } from './container-tools.mjs';
import { openContainer } from './run-image.mjs';
import { eventually, openShop } from './small-shop.fixture.mjs';

const services = ['gateway', 'tenant', 'ingestion', 'rating', 'invoicing', 'receivables', 'commissions'];
const mostAddedBytes = 150 * 2 ** 20;

let config;
let container;

beforeAll(async () => {
  ({ config } = await buildImage());
  container = await openContainer(imageName, config);
}, 1_500_000);

afterAll(async () => container?.close());

const inImage = (path) => join(container.root, path);
const filesOf = (folder) => readdirSync(inImage(folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

describe('the image', () => {
  it('runs as nobody in particular, and the platform in one process when nothing else is said', () => {
    expect(config.User).toBe('10001:10001');
    expect(config.Cmd).toEqual(['tollkeeper-embedded', '--data', '/data', '--host', '0.0.0.0']);
    expect(config.Entrypoint ?? []).toEqual([]);
    expect(Object.keys(config.ExposedPorts)).toEqual(['7410/tcp', '7411/tcp', '7412/tcp']);
  });

  it('has a command for each service, the job and the command line', () => {
    const commands = readdirSync(inImage('usr/local/bin')).filter((name) => name.startsWith('tollkeeper')).sort();
    expect(commands).toEqual(['tollkeeper', ...[...services, 'embedded', 'prepare'].map((name) => `tollkeeper-${name}`)].sort());
  });

  it('holds neither sources nor tests, types, maps or tools that build', () => {
    const files = filesOf('app').map(({ parentPath, name }) => join(parentPath, name).slice(container.root.length));
    expect(files.filter((file) => /\.(?:map|d\.ts|tsbuildinfo)$/.test(file))).toEqual([]);
    expect(files.filter((file) => !file.includes('/node_modules/') && /\/src\/|\.(?:ts|spec\.js|fixture\.js)$/.test(file))).toEqual([]);
    const { devDependencies } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8'));
    for (const name of ['jest', 'nx', 'eslint', '@typescript/native', '@swc/core', 'knip'].filter((one) => one in devDependencies)) expect([name, existsSync(inImage(`app/node_modules/${name}`))]).toEqual([name, false]);
    expect(existsSync(inImage('app/libs/testing'))).toBe(false);
  });

  it('belongs to root, who does not run it, and holds no secrets', () => {
    expect(filesOf('app').filter(({ parentPath, name }) => lstatSync(join(parentPath, name)).mode & 0o022)).toEqual([]);
    expect(lstatSync(inImage('data')).uid).toBe(10_001);
    expect(['root/.npmrc', 'tmp/.npmrc', 'app/.npmrc'].filter((file) => existsSync(inImage(file)) && readFileSync(inImage(file), 'utf8').includes('_auth'))).toEqual([]);
  });

  it('tells what of others is in it', () => {
    const sbom = JSON.parse(readFileSync(inImage('app/sbom.cdx.json'), 'utf8'));
    expect(sbom.bomFormat).toBe('CycloneDX');
    const listed = new Set(sbom.components.map(({ group, name, version }) => `${group ? `${group}/` : ''}${name}@${version}`));
    const { dependencies } = JSON.parse(readFileSync(inImage('app/package.json'), 'utf8'));
    const missing = Object.entries(dependencies).filter(([name, version]) => !name.startsWith('@tollkeeper/') && !listed.has(`${name}@${version}`));
    expect(missing).toEqual([]);
  });

  it('is small: the base aside, less than 150 MiB', async () => {
    const bytes = filesOf('app').reduce((sum, { parentPath, name }) => sum + lstatSync(join(parentPath, name)).size, 0);
    const [{ size } = {}] = JSON.parse(await buildah(['images', '--json', imageName]));
    process.stderr.write(`the image adds ${(bytes / 2 ** 20).toFixed(0)} MiB to its base, ${size} together\n`);
    expect(bytes).toBeLessThan(mostAddedBytes);
  });
});

describe('the platform in one process, as nobody, on a root file system that cannot be written', () => {
  let platform;
  let address;
  let operatorKey;

  beforeAll(async () => {
    platform = container.start(['tollkeeper-embedded', '--data', '/data', '--port', '0', '--page-ms', '20']);
    [, address] = await platform.says(/listens on (http:\/\/\S+?);/);
    operatorKey = fileInData('operator.key').trim();
  });

  // /data of the process is a mount that only its namespace has.
  const fileInData = (name) => readFileSync(`/proc/${platform.pid}/root/data/${name}`, 'utf8');

  it('is ready', async () => {
    expect((await fetch(`${address}/health/ready`)).status).toBe(200);
    expect((await fetch(`${address}/docs`)).status).toBe(200);
  });

  it('runs as the user of the image and cannot write beside its data', () => {
    const status = readFileSync(`/proc/${platform.pid}/status`, 'utf8');
    expect(/^Uid:\s+(\d+)/m.exec(status)?.[1]).toBe('10001');
    const mounts = readFileSync(`/proc/${platform.pid}/mountinfo`, 'utf8').split('\n').filter((line) => / \/ \//.test(line) || line.split(' ')[4] === '/');
    expect(mounts.map((line) => line.split(' ')[5].split(',')[0])).toContain('ro');
  });

  it('books an event that it was sent', async () => {
    const { client, device } = await openShop(address, operatorKey);
    const event = { specversion: '1.0', type: 'tollkeeper.usage.v1', source: 'image', id: '1', time: '2026-01-02T10:00:00Z', subject: device, data: { meter: 'energy', quantity: '12.5' } };
    const { id } = await client('POST', '/v1/usage', event, 'application/cloudevents+json');
    const receipt = await eventually(() => client('GET', `/v1/receipts/${id}`), ({ status }) => status === 'settled');
    expect(receipt).toMatchObject({ received: 1, booked: 1, duplicate: 0 });
  });

  it('ends cleanly when it is asked to', async () => {
    expect(await platform.stop()).toBe(0);
    expect(platform.said).toContain('Stopped. Everything is kept.');
  });
});

describe('a service', () => {
  it.each(services)('%s names the settings that are missing', async (service) => {
    const started = container.start([`tollkeeper-${service}`]);
    expect(await started.ended).toBe(2);
    expect(started.said).toContain('TOLLKEEPER_NATS_URL is missing; set it to an address like nats://nats:4222.');
    expect(started.said).toContain('TOLLKEEPER_MONGODB_URL is missing');
  });
});

describe('the job and a service on real engines', () => {
  let folder;
  let nats;
  let mongo;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tollkeeper-image-'));
    [nats, mongo] = await Promise.all([startNatsServer({ folder }), startMongoServer({ folder })]);
  });

  afterAll(async () => {
    await Promise.all([nats?.stop(), mongo?.stop()]);
    await rm(folder, { recursive: true, force: true });
  });

  const engines = () => ({ TOLLKEEPER_NATS_URL: nats.address, TOLLKEEPER_MONGODB_URL: mongo.address });

  it('prepare, start, and end cleanly', async () => {
    const job = container.start(['tollkeeper-prepare'], engines());
    expect([await job.ended, job.said]).toEqual([0, expect.stringContaining('the indexes of views are there')]);
    const secret = Buffer.alloc(32, 7).toString('base64');
    const service = container.start(['tollkeeper-tenant'], { ...engines(), TOLLKEEPER_HEALTH_PORT: '0', TOLLKEEPER_INSTALLATION_SECRET: secret, HOSTNAME: 'tenant-0' });
    const [, port] = await service.says(/health on port (\d+)/);
    expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
    expect(await service.stop()).toBe(0);
  });
});

describe('the command line', () => {
  it('answers', async () => {
    const started = container.start(['tollkeeper', '--version']);
    expect(await started.ended).toBe(0);
    expect(started.said).toContain(JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8')).version);
  });
});
