import { describe, expect, it } from '@jest/globals';
import { machineTimers } from '../process/machine.js';
import { Health } from './health.js';
import { serveHealth } from './health-server.js';

async function ask(health: Health, path: string): Promise<{ readonly status: number; readonly body: unknown }> {
  const server = await serveHealth(health, 0);
  try {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`);
    return { status: response.status, body: await response.json() };
  } finally {
    await server.close();
  }
}

describe('the health of a process', () => {
  it('is alive at once, and ready when it has started', async () => {
    const health = new Health(machineTimers);
    health.waitFor('the tenant service');
    expect(await ask(health, '/health/live')).toMatchObject({ status: 200 });
    expect(await ask(health, '/health/ready')).toEqual({ status: 503, body: { status: 'failed', checks: { process: 'starting: the tenant service' } } });
    health.started();
    expect(await ask(health, '/health/ready')).toEqual({ status: 200, body: { status: 'ok', checks: { process: 'ok' } } });
  });

  it('is not ready while an engine is away, says which and why, and keeps addresses with passwords to itself', async () => {
    const health = new Health(machineTimers);
    health.add('nats', () => Promise.resolve());
    health.add('mongodb', () => Promise.reject(new Error('connect ECONNREFUSED mongodb://root:geheim@mongo:27017')));
    health.started();
    const { status, body } = await ask(health, '/health/ready');
    expect(status).toBe(503);
    expect(body).toMatchObject({ status: 'failed', checks: { nats: 'ok', mongodb: expect.stringContaining('ECONNREFUSED') } });
    expect(JSON.stringify(body)).not.toContain('geheim');
  });

  it('does not wait long for an engine that says nothing', async () => {
    const health = new Health(machineTimers);
    health.add('nats', () => new Promise(() => undefined));
    health.started();
    expect(await health.ready()).toMatchObject({ status: 'failed', checks: { nats: 'no answer within 2000 ms' } });
  });

  it('lives, and is not ready, while it stops', async () => {
    const health = new Health(machineTimers);
    health.started();
    health.stopping();
    expect(await ask(health, '/health/live')).toMatchObject({ status: 200, body: { checks: { process: 'stopping' } } });
    expect(await ask(health, '/health/ready')).toMatchObject({ status: 503 });
  });
});
