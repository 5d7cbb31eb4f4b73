import type { Arguments } from './arguments.js';
import type { SeedReport } from './seed-report.js';

const tellEvery = 100;
let told = 0;

/** The command that lives through one seed again. */
function reproduce(asked: Arguments, seed: number): string {
  return `npm run sim -- --seed ${seed} --trace${asked.plant ? ` --plant ${asked.plant.name}` : ''}`;
}

/** Says what a seed came to, as it ends. */
export function tellSeed(asked: Arguments, report: SeedReport): void {
  if (asked.isWorker) {
    console.log(JSON.stringify(report));
    return;
  }
  if (asked.isJson) return;
  for (const line of report.history) console.log(line);
  const { seed, violation, traceHash } = report;
  if (violation) console.log(`seed ${seed} ✗ ${violation.message}\n  again: ${reproduce(asked, seed)}`);
  told++;
  if (asked.count === 1) console.log(`seed ${seed}: ${report.events} events in ${(report.virtualMs / 1000).toFixed(1)} virtual seconds, trace ${traceHash}`);
  else if (told % tellEvery === 0) console.log(`${told} of ${asked.count} seeds`);
}

/** Says what all of them came to. */
export function tellSums(asked: Arguments, reports: readonly SeedReport[], seconds: number): void {
  if (asked.isWorker) return;
  const faults: Record<string, number> = {};
  for (const report of reports) for (const [kind, count] of Object.entries(report.faults)) faults[kind] = (faults[kind] ?? 0) + count;
  const broken = reports.filter(({ violation }) => violation);
  const sumOf = (count: (report: SeedReport) => number): number => reports.reduce((sum, report) => sum + count(report), 0);
  const sums = {
    seeds: reports.length,
    broken: broken.map(({ seed, violation }) => ({ seed, ...violation, again: reproduce(asked, seed) })),
    seconds: Number(seconds.toFixed(1)),
    seedsPerSecond: Number((reports.length / seconds).toFixed(1)),
    usageEvents: sumOf(({ counts }) => counts.usageEvents),
    invoices: sumOf(({ counts }) => counts.invoices),
    payments: sumOf(({ counts }) => counts.payments),
    faults,
    crashPoints: [...new Set(reports.flatMap(({ crashPoints }) => crashPoints))].sort(),
  };
  if (asked.isJson) {
    console.log(JSON.stringify(sums));
    return;
  }
  const kinds = Object.entries(faults).map(([kind, count]) => `${kind} ${count}`);
  console.log(`\n${sums.seeds} seeds in ${sums.seconds} s (${sums.seedsPerSecond} per second): ${broken.length} broken`);
  console.log(`  ${sums.usageEvents} usage events, ${sums.invoices} documents, ${sums.payments} payments`);
  console.log(`  faults: ${kinds.join(', ')}`);
  console.log(`  crashed at ${sums.crashPoints.length} places: ${sums.crashPoints.join(', ')}`);
}
