/**
 * The reference of P1, in a process of its own: for each body as it was sent, parse the same bytes, append them to a file and
 * sync it. No HTTP, no prices, no identity, no chain: what any program that keeps usage must at least do.
 */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';

const path = process.argv[2];
rmSync(path, { force: true });
const file = openSync(path, 'w');

process.on('message', (bodies) => {
  const cpuBefore = process.cpuUsage();
  const startedAt = process.hrtime.bigint();
  let events = 0;
  for (const body of bodies) {
    const parsed = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8'));
    events += Array.isArray(parsed) ? parsed.length : 1;
    writeSync(file, body);
    fdatasyncSync(file);
  }
  const seconds = Number(process.hrtime.bigint() - startedAt) / 1e9;
  const { user, system } = process.cpuUsage(cpuBefore);
  process.send({ seconds, events, cpu: (user + system) / 1e6 });
});

process.on('disconnect', () => {
  closeSync(file);
  rmSync(path, { force: true });
});
