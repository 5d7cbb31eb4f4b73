/**
 * One platform that takes one workload in slices, so that other programs can be measured in between. A slice's time ends
 * when the intake of every tenant says that each event sent so far is booked, a duplicate or set aside.
 */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, postRequest } from './client.mjs';
import { cacheFolder } from './folders.mjs';
import { startPlatform } from './platform.mjs';
import { copyTemplate, day, templateOf } from './template.mjs';
import { checkBooks } from './check-books.mjs';
import { makeWorkload, tenantCount } from './workload.mjs';

const pollMs = 5;
const longestWaitMs = 120_000;

export class UsageRun {
  static async open({ name, workload, slices, connections, nodeArgs, say }) {
    const template = await templateOf(workload.devices, say);
    const folder = join(cacheFolder, `run-${process.pid}-${name}`);
    const tenants = copyTemplate(template, folder);
    const made = makeWorkload(workload);
    const platform = await startPlatform(folder, nodeArgs(name));
    return new UsageRun(name, folder, tenants, made, platform, cut(made.bodies, slices), connections);
  }

  constructor(name, folder, tenants, workload, platform, slices, connections) {
    Object.assign(this, { name, folder, tenants, workload, platform });
    this.client = new Client(platform.port, connections);
    this.sent = new Array(tenantCount).fill(0);
    this.turnedAway = 0;
    this.slices = slices.map((bodies) => ({ bodies, requests: bodies.map(({ tenant, body }) => postRequest('/v1/usage', headersOf(tenants[tenant], body), body)) }));
  }

  /** Bodies of a slice, for a reference that must take the same bytes. */
  bodies(slice) {
    return this.slices[slice].bodies.map(({ body }) => body);
  }

  /** Seconds from the first byte sent until everything is settled, and until everything was acknowledged. */
  async take(slice) {
    const { bodies, requests } = this.slices[slice];
    let events = 0;
    for (const body of bodies) {
      this.sent[body.tenant] += body.events;
      events += body.events;
    }
    this.client.renew();
    const cpuBefore = this.platform.cpuSeconds();
    const startedAt = performance.now();
    this.turnedAway += await this.client.sendAll(requests, 202);
    const acknowledged = (performance.now() - startedAt) / 1000;
    await this.settled();
    return { events, acknowledged, seconds: (performance.now() - startedAt) / 1000, cpu: this.platform.cpuSeconds() - cpuBefore };
  }

  async settled() {
    const until = performance.now() + longestWaitMs;
    for (const [tenant, { secret }] of this.tenants.entries()) {
      for (;;) {
        if (this.sent[tenant] === 0) break;
        const { items } = await this.client.getJson(`/v1/usage/days?from=${day}&to=${day}`, [`authorization: Bearer ${secret}`]);
        const { received = 0, unsettled = 0 } = items[0] ?? {};
        if (received === this.sent[tenant] && unsettled === 0) break;
        if (performance.now() > until) throw new Error(`${this.name}: tenant ${tenant} has ${received} of ${this.sent[tenant]} events, ${unsettled} unsettled, after ${longestWaitMs / 1000} s`);
        await sleep(pollMs);
      }
    }
  }

  /** Stops the platform and compares what it kept with the oracle, exactly. @throws Error when anything differs */
  async close() {
    this.client.close();
    await this.platform.stop();
    await checkBooks(this);
  }
}

function headersOf({ secret }, body) {
  const kind = body[0] === 0x5b ? 'application/cloudevents-batch+json' : 'application/cloudevents+json';
  return [`authorization: Bearer ${secret}`, `content-type: ${kind}`];
}

/** Slices of about the same number of events. */
function cut(bodies, count) {
  const total = bodies.reduce((sum, { events }) => sum + events, 0);
  const slices = Array.from({ length: count }, () => []);
  let before = 0;
  for (const body of bodies) {
    slices[Math.min(count - 1, Math.floor((before * count) / total))].push(body);
    before += body.events;
  }
  return slices;
}
