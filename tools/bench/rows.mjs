/** What each row of the table measures. Everything timed is interleaved with its reference, slice by slice. */
import { join } from 'node:path';
import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, postRequest } from './client.mjs';
import { Helper } from './child.mjs';
import { median, row, whole } from './figures.mjs';
import { cacheFolder } from './folders.mjs';
import { UsageRun } from './usage-run.mjs';

const seed = 1;
const batchConnections = 4;
const singleConnections = 64;
/** Views and positions that a second later are written as well count too. */
const drainMs = 1500;

const base = { devices: 10_000, batch: 1000, eventBytes: 200, spread: 'zipf', seed };
const cpuPerEvent = (slices) => Number((median(slices.map(({ events, cpu }) => cpu / events)) * 1e6).toFixed(2));
const perSecond = (slices) => whole(median(slices.map(({ events, seconds }) => events / seconds)));

/** P1 and P9: batches over HTTP until they are booked, beside the bare loop; then what the process wrote. */
export async function throughput({ size, say, nodeArgs }) {
  const { rounds, sliceEvents } = size;
  const slices = rounds + 1;
  const run = await UsageRun.open({ name: 'p1', workload: { ...base, events: slices * sliceEvents }, slices, connections: batchConnections, nodeArgs, say });
  mkdirSync(cacheFolder, { recursive: true });
  const bare = new Helper(new URL('bare-loop.mjs', import.meta.url), [join(cacheFolder, `bare-${process.pid}.log`)]);
  say(`P1: ${rounds} rounds of ${sliceEvents.toLocaleString('en')} events`);
  const writtenBefore = run.platform.writtenBytes();
  const ours = [];
  const theirs = [];
  for (let slice = 0; slice < slices; slice++) {
    const taken = await run.take(slice);
    const reference = await bare.ask(run.bodies(slice));
    // The first slice warms both up.
    if (slice === 0) continue;
    ours.push(taken);
    theirs.push(reference);
  }
  await sleep(drainMs);
  const written = run.platform.writtenBytes() - writtenBefore;
  const resident = run.platform.residentBytes();
  bare.stop();
  await run.close();
  const { counts } = run.workload;
  const figures = {
    'booked, events/s': perSecond(ours),
    'acknowledged, events/s': whole(median(ours.map(({ events, acknowledged }) => events / acknowledged))),
    'bare loop, events/s': perSecond(theirs),
    'processor time of the platform, all threads, µs per event': cpuPerEvent(ours),
    'processor time of the bare loop, µs per event': cpuPerEvent(theirs),
    'resident memory of the platform, MB': whole(resident / 1e6),
  };
  const p1 = row({ id: 'P1', name: 'HTTP in → booked in the chain ÷ parse, append, sync', must: 0.25, aim: 0.6, ratios: ours.map((one, i) => theirs[i].seconds / one.seconds), figures });
  const p9 = row({
    id: 'P9', name: 'bytes written to disk per event ÷ bytes of the event', must: 3, aim: 1.3, lessIsBetter: true, ratios: [written / counts.bytes],
    figures: { 'written per event, B': whole(written / counts.events), 'bytes of an event': whole(counts.bytes / counts.events) },
    ...(Number.isFinite(written) ? {} : { note: 'this system does not tell what a process writes' }),
  });
  return [p1, p9];
}

/** P2: the pure core beside decimal.js. */
export async function pureRating({ size, say }) {
  say(`P2: ${size.rounds} rounds`);
  const loop = new Helper(new URL('rating-loop.mjs', import.meta.url));
  const { events, pages } = await loop.ask({ options: { ...base, events: size.sliceEvents }, eventsTogether: 50_000 });
  await loop.ask({});
  const rounds = [];
  for (let i = 0; i < size.rounds; i++) rounds.push(await loop.ask({}));
  loop.stop();
  const figures = {
    'rated, events/s': whole(events / median(rounds.map(({ rated }) => rated))),
    'decimal.js, events/s': whole(events / median(rounds.map(({ plain }) => plain))),
    'events per page': Number((events / pages).toFixed(1)),
  };
  return [row({ id: 'P2', name: 'pure rating ÷ decimal.js multiply and add', must: 1, aim: 5, ratios: rounds.map(({ rated, plain }) => plain / rated), figures })];
}

/** P4: one event per request beside a bare Fastify that parses and answers. Ours counts until everything is booked. */
export async function singleEvents({ size, say, nodeArgs }) {
  const { rounds, singles } = size;
  const slices = rounds + 1;
  const run = await UsageRun.open({ name: 'p4', workload: { ...base, batch: 1, events: slices * singles }, slices, connections: singleConnections, nodeArgs, say });
  const server = new Helper(new URL('bare-server.mjs', import.meta.url));
  const client = new Client(await server.ask('listen'), singleConnections);
  say(`P4: ${rounds} rounds of ${singles.toLocaleString('en')} requests`);
  const ours = [];
  const theirs = [];
  for (let slice = 0; slice < slices; slice++) {
    const taken = await run.take(slice);
    const requests = run.bodies(slice).map((body) => postRequest('/v1/usage', ['authorization: Bearer none', 'content-type: application/cloudevents+json'], body));
    client.renew();
    const startedAt = performance.now();
    await client.sendAll(requests, 202);
    const reference = { events: requests.length, seconds: (performance.now() - startedAt) / 1000 };
    if (slice === 0) continue;
    ours.push(taken);
    theirs.push(reference);
  }
  const received = await server.ask('count');
  if (received !== run.workload.counts.events) throw new Error(`the bare server took ${received} of ${run.workload.counts.events} requests`);
  client.close();
  server.stop();
  await run.close();
  const figures = {
    'booked, requests/s': perSecond(ours),
    'acknowledged, requests/s': whole(median(ours.map(({ events, acknowledged }) => events / acknowledged))),
    'processor time of the platform, all threads, µs per request': cpuPerEvent(ours),
    'bare Fastify, requests/s': perSecond(theirs),
  };
  return [row({ id: 'P4', name: 'one event per request ÷ bare Fastify POST', must: 0.3, aim: 0.8, ratios: ours.map((one, i) => theirs[i].seconds / one.seconds), figures })];
}

const variants = {
  base: {},
  many: { devices: 1_000_000 },
  uniform: { spread: 'uniform' },
  clean: { duplicates: 0 },
  repeated: { duplicates: 0.1 },
};

/** P6: what more devices, a skewed spread and repeated events cost. All variants run side by side, one slice at a time. */
export async function evenness({ size, say, nodeArgs }) {
  const { rounds, sliceEvents } = size.evenness;
  const slices = rounds + 1;
  const runs = {};
  for (const [name, changes] of Object.entries(variants)) {
    const devices = changes.devices ? size.manyDevices : base.devices;
    const workload = { ...base, ...changes, devices, events: slices * sliceEvents };
    runs[name] = await UsageRun.open({ name: `p6-${name}`, workload, slices, connections: batchConnections, nodeArgs, say });
  }
  say(`P6: ${rounds} rounds of ${sliceEvents.toLocaleString('en')} events, ${Object.keys(runs).length} workloads`);
  const taken = Object.fromEntries(Object.keys(runs).map((name) => [name, []]));
  for (let slice = 0; slice < slices; slice++) {
    for (const [name, run] of Object.entries(runs)) {
      const one = await run.take(slice);
      if (slice > 0) taken[name].push(one);
    }
  }
  for (const run of Object.values(runs)) await run.close();
  const compare = (id, name, must, of, by, figures) =>
    row({ id, name, must, aim: 1, ratios: taken[of].map((one, i) => one.events / one.seconds / (taken[by][i].events / taken[by][i].seconds)), figures });
  const speed = (name) => perSecond(taken[name]);
  const many = `${size.manyDevices.toLocaleString('en')} devices`;
  return [
    compare('P6a', `throughput with ${many} ÷ with 10,000`, 0.7, 'many', 'base', { [`${many}, events/s`]: speed('many'), '10,000 devices, events/s': speed('base') }),
    compare('P6b', 'throughput zipf 0.99 ÷ uniform', 0.9, 'base', 'uniform', { 'zipf, events/s': speed('base'), 'uniform, events/s': speed('uniform') }),
    compare('P6c', 'throughput with 10 % duplicates ÷ with none', 0.85, 'repeated', 'clean', { '10 %, events/s': speed('repeated'), 'none, events/s': speed('clean') }),
  ];
}
