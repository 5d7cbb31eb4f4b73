import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { leastValues, services } from './chart.fixture.mjs';
import { root, runTiltfile } from './tiltfile.fixture.mjs';

const containersOf = (workload) => workload.spec.template.spec.containers;

describe('the Tiltfile', () => {
  const tilt = runTiltfile();

  it('brings NATS, MongoDB, Dapr and every service', () => {
    expect(tilt.resources.map(({ name }) => name).sort()).toEqual(['dapr-placement', 'dapr-scheduler', 'mongodb', 'nats', ...services].sort());
    expect([...tilt.workloads.keys()].sort()).toEqual(tilt.resources.map(({ workload }) => workload).sort());
  });

  it('names files, folders and stages that are there', () => {
    const [{ context, target, live_update: steps }] = tilt.of('docker_build');
    const files = [context, ...tilt.of('sync').map(({ local_path: path }) => path), ...tilt.of('fall_back_on').flatMap((step) => step.files), ...tilt.of('watch_file').map((step) => step.file_path)];
    expect(files.filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(tilt.of('run').flatMap(({ trigger }) => trigger).filter((file) => !existsSync(join(root, file)))).toEqual([]);
    expect(steps.map((step) => step.function)).toEqual(['fall_back_on', 'sync', 'sync', 'run']);
    const dockerfile = readFileSync(join(root, 'Dockerfile'), 'utf8');
    expect(dockerfile).toMatch(new RegExp(`^FROM \\S+ AS ${target}$`, 'm'));
    // What is copied into a pod is where the image has it, and what compiles it is in the image.
    expect(tilt.of('sync').every(({ local_path: path, remote_path: place }) => place === `/app/${path}`)).toBe(true);
    const [, script] = /^node (\S+)/.exec(tilt.of('run')[0].cmd);
    expect(existsSync(join(root, script))).toBe(true);
  });

  it('builds the image that the services run, and no other', () => {
    const images = services.map((service) => containersOf(tilt.workloads.get(`tollkeeper-${service}`))[0].image.split(':')[0]);
    expect(new Set(images)).toEqual(new Set(tilt.of('docker_build').map(({ ref }) => ref)));
  });

  it('waits only for resources that there are', () => {
    const known = new Set([...tilt.resources.map(({ name }) => name), ...tilt.of('local_resource').map(({ name }) => name)]);
    const awaited = [...tilt.resources, ...tilt.of('local_resource')].flatMap(({ resource_deps: names }) => names ?? []);
    expect(awaited.filter((name) => !known.has(name))).toEqual([]);
  });

  it('forwards ports that containers have, each of this machine once', () => {
    const forwarded = tilt.resources.flatMap(({ workload, port_forwards: forwards }) => forwards.map((pair) => ({ workload, pair: pair.split(':').map(Number) })));
    for (const { workload, pair } of forwarded) {
      const ports = containersOf(tilt.workloads.get(workload)).flatMap((container) => container.ports ?? []).map(({ containerPort }) => containerPort);
      expect([workload, ports]).toEqual([workload, expect.arrayContaining([pair[1]])]);
    }
    const here = forwarded.map(({ pair }) => pair[0]);
    expect(new Set(here).size).toBe(here.length);
    for (const { url } of tilt.of('link')) expect(here).toContain(Number(new URL(url).port));
  });

  it('starts what was compiled again, where files can be written', () => {
    for (const service of services) {
      const [container] = containersOf(tilt.workloads.get(`tollkeeper-${service}`));
      expect(container.command).toEqual(['node', '--watch', '--watch-preserve-output', `/app/services/${service}/dist/main.js`]);
      expect(existsSync(join(root, `services/${service}/src/main.ts`))).toBe(true);
      expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: false, allowPrivilegeEscalation: false });
    }
  });

  it('gives rating the sidecar that an operator would, and the component that it reads', () => {
    const rating = tilt.workloads.get('tollkeeper-rating');
    const [service, sidecar] = containersOf(rating);
    expect(sidecar.args).toEqual(expect.arrayContaining(['--app-id=tollkeeper-rating', '--app-port=7411', '--dapr-http-port=3500', '--enable-app-health-check']));
    expect(service.env).toContainEqual({ name: 'TOLLKEEPER_DAPR_HTTP_PORT', value: '3500' });
    const component = tilt.objects.find(({ metadata }) => metadata.name === 'dapr-components');
    expect(component.data['actors.yaml']).toContain('state.in-memory');
    expect(tilt.objects.filter(({ apiVersion }) => apiVersion.startsWith('dapr.io'))).toEqual([]);
    expect([...tilt.workloads.values()].filter((workload) => containersOf(workload).length > 1)).toEqual([rating]);
    for (const [flag, name] of [['--placement-host-address', 'dapr-placement'], ['--scheduler-host-address', 'dapr-scheduler']]) {
      const [host, port] = sidecar.args.find((arg) => arg.startsWith(flag)).split('=')[1].split(':');
      const { spec } = tilt.objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === name);
      expect([host, spec.ports.map((each) => String(each.port))]).toEqual([name, [port]]);
    }
  });

  it('points the services to the engines that it brings', () => {
    const secret = tilt.objects.find(({ kind, metadata }) => kind === 'Secret' && metadata.name === 'tollkeeper').stringData;
    for (const name of ['nats-url', 'mongodb-url']) {
      const { hostname, port } = new URL(secret[name]);
      const { spec } = tilt.objects.find(({ kind, metadata }) => kind === 'Service' && metadata.name === hostname);
      expect(spec.ports.map((each) => String(each.port))).toContain(port);
    }
    expect(Buffer.from(secret['installation-secret'], 'base64')).toHaveLength(32);
    expect(secret['installation-secret']).not.toBe(leastValues.installationSecret.value);
  });

  it('runs some services, and without Dapr, when it is told so', () => {
    const some = runTiltfile(['--services', 'rating,ingestion', '--dapr=false']);
    expect(some.resources.map(({ name }) => name)).toEqual(['nats', 'mongodb', 'rating', 'ingestion']);
    expect([...some.workloads.values()].flatMap(containersOf).map(({ name }) => name).sort()).toEqual(['ingestion', 'mongodb', 'nats', 'rating']);
    expect(() => runTiltfile(['--services', 'billing'])).toThrow(/there is no service billing; choose from gateway, /);
  });

  it('is taken by Tilt itself, where that is installed', () => {
    if (spawnSync('tilt', ['version']).status !== 0) {
      process.stderr.write('Tilt is not installed: its own opinion of the Tiltfile was not asked\n');
      return;
    }
    const { status, stderr } = spawnSync('tilt', ['alpha', 'tiltfile-result', '--file', join(root, 'Tiltfile')], { cwd: root, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, expect.anything()]);
  });
});

describe('the interpreter of Tiltfiles', () => {
  it.each([
    ['a function that Tilt does not have', "docker_bild('tollkeeper', '.')\n", /undefined: docker_bild/],
    ['an argument that Tilt does not have', "docker_build('tollkeeper', '.', liveupdate=[])\n", /docker_build has no argument liveupdate/],
    ['a chart that is not there', "k8s_yaml(helm('charts/none'))\n", /helm/],
    ['a value that means nothing to it', "k8s_resource('nats', objects=lambda x: x)\n", /a function means nothing to Tilt/],
  ])('refuses %s', (_, text, message) => {
    const folder = mkdtempSync(join(tmpdir(), 'tollkeeper-tilt-'));
    try {
      writeFileSync(join(folder, 'Tiltfile'), text);
      expect(() => runTiltfile([], join(folder, 'Tiltfile'))).toThrow(message);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
