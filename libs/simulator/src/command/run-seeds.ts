import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { runSeed } from '../run-seed.js';
import type { Arguments } from './arguments.js';
import { type SeedReport, toReport } from './seed-report.js';

const main = fileURLToPath(new URL('../main.js', import.meta.url));

/** Lives through the worlds that were asked for, in this process or in several that share them. */
export async function runSeeds(asked: Arguments, tell: (report: SeedReport) => void): Promise<readonly SeedReport[]> {
  if (asked.workers > 1) return shareSeeds(asked, tell);
  const reports: SeedReport[] = [];
  for (let seed = asked.firstSeed; seed < asked.firstSeed + asked.count; seed++) {
    const report = toReport(await runSeed(seed, { keepsHistory: asked.tellsHistory, plant: asked.plant }));
    reports.push(report);
    tell(report);
  }
  return reports;
}

async function shareSeeds(asked: Arguments, tell: (report: SeedReport) => void): Promise<readonly SeedReport[]> {
  const each = Math.ceil(asked.count / asked.workers);
  const shares = Array.from({ length: asked.workers }, (_, i) => ({ from: asked.firstSeed + i * each, count: Math.min(each, asked.count - i * each) }));
  const reports = await Promise.all(shares.filter(({ count }) => count > 0).map(({ from, count }) => runShare(asked, from, count, tell)));
  return reports.flat();
}

/** @throws Error when the worker ends without its reports */
async function runShare(asked: Arguments, from: number, count: number, tell: (report: SeedReport) => void): Promise<SeedReport[]> {
  const words = [main, '--worker', '--workers', '1', '--seed', String(from), '--seeds', String(count), ...(asked.plant ? ['--plant', asked.plant.name] : [])];
  const worker = spawn(process.execPath, words, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve, reject) => {
    worker.once('error', reject);
    worker.once('close', () => resolve());
  });
  const reports: SeedReport[] = [];
  for await (const line of createInterface({ input: worker.stdout })) {
    const report = JSON.parse(line) as SeedReport;
    reports.push(report);
    tell(report);
  }
  await ended;
  if (reports.length < count) throw new Error(`the worker for seeds ${from} to ${from + count - 1} ended after ${reports.length} of them`);
  return reports;
}
