import { checkWorld } from './oracle/check-world.js';
import { Violation } from './oracle/violation.js';
import type { Plant } from './plants/plant.js';
import { Platform } from './services/platform.js';
import { type Plan, planWorkload } from './workload/plan.js';
import { Chance } from './world/chance.js';
import { trapNondeterminism } from './world/determinism.js';
import type { SimWorld } from './world/world.js';
import { Clients } from './workload/clients.js';
import { Witness } from './workload/witness.js';

export interface SeedOutcome {
  readonly seed: number;
  readonly violation: Violation | undefined;
  readonly traceHash: string;
  readonly events: number;
  readonly virtualMs: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly crashPoints: readonly string[];
  readonly history: readonly string[];
  readonly counts: { readonly usageEvents: number; readonly invoices: number; readonly payments: number };
}

export interface SeedOptions {
  readonly keepsHistory?: boolean;
  readonly plant?: Plant;
}

/** Clients and faults together may take so much virtual time … */
const longestLifeMs = 3_600_000;
/** … and a calm world this much to finish what is left. */
const longestDrainMs = 300_000;

/** Lives through one seed: set up, months of trouble, calm, and then the oracle's questions. */
export async function runSeed(seed: number, options: SeedOptions = {}): Promise<SeedOutcome> {
  const trap = trapNondeterminism();
  try {
    const chance = new Chance(seed);
    const plan = planWorkload(chance.fork('workload'));
    const { tenants: tenancies, processes, pageEvents } = plan;
    const platform = new Platform(seed, { tenancies, processes, pageEvents, keepsHistory: options.keepsHistory ?? false, wrap: options.plant?.wrap });
    const { world } = platform;
    options.plant?.corrupt?.(world);
    const witness = new Witness();
    let violation: Violation | undefined;
    try {
      await live(platform, plan, witness, chance.fork('clients'));
      const [leak] = trap.leaks;
      if (leak) throw new Violation('determinism', leak.stack ?? leak.message);
    } catch (error) {
      violation = error instanceof Violation ? error : new Violation('answers', error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    world.trace.note('world', violation ? `broken: ${violation.promise}` : 'whole');
    return {
      seed,
      violation,
      traceHash: world.trace.hash(),
      events: world.trace.events,
      virtualMs: Math.round(world.scheduler.now),
      faults: Object.fromEntries(world.faults.happened),
      crashPoints: [...world.faults.crashPoints],
      history: world.trace.history(),
      counts: {
        usageEvents: witness.sent.reduce((sum, batch) => sum + batch.events.length, 0),
        invoices: witness.invoices.size,
        payments: witness.payments.length,
      },
    };
  } finally {
    trap.release();
  }
}

async function live(platform: Platform, plan: Plan, witness: Witness, chance: Chance): Promise<void> {
  const { world } = platform;
  const clients = new Clients(platform, plan, witness, chance);
  await carryOut(world, clients.setUp(), longestLifeMs);
  world.faults.isOn = true;
  for (const month of plan.months) {
    await catchUp(platform);
    world.putClockForward(Math.max(0, month.endMs - 1_500 - world.clock.now()));
    await carryOut(world, clients.send(month.batches), longestLifeMs);
    world.putClockForward(Math.max(0, month.endMs + 3_600_000 - world.clock.now()));
    await carryOut(world, clients.bill(month), longestLifeMs);
  }
  world.calm();
  await drain(platform);
  await carryOut(world, clients.seeBillRunsDone(), longestDrainMs);
  await drain(platform);
  // What is still held is billed, so that the oracle sees all of it.
  const last = plan.months.at(-1)?.endMs ?? 0;
  world.putClockForward(40 * 86_400_000);
  await carryOut(world, Promise.all(plan.tenants.map((tenant) => clients.billTenant(tenant, last + 31 * 86_400_000, true))), longestLifeMs);
  await drain(platform);
  await carryOut(world, checkWorld(platform, plan, witness, clients.client), longestLifeMs);
}

/** Lets the world go on until the work is done. @throws Violation G13 when it never is */
async function carryOut(world: SimWorld, work: Promise<unknown>, limitMs: number): Promise<void> {
  let isDone = false;
  let failure: unknown;
  let hasFailed = false;
  work.then(
    () => (isDone = true),
    (error: unknown) => {
      hasFailed = true;
      failure = error;
      isDone = true;
    },
  );
  const isFinished = await world.scheduler.run(() => isDone, limitMs);
  if (hasFailed) throw failure;
  if (!isFinished) throw new Violation('G13', `what clients asked for was not done after ${limitMs / 1000} s`);
}

/** Days pass only when usage has been booked: what waits on the bus for weeks is late, and that is another story. */
async function catchUp(platform: Platform): Promise<void> {
  const { world } = platform;
  const isBooked = (): boolean => world.bus.backlog() === 0;
  if (await world.scheduler.run(isBooked, longestDrainMs)) return;
  world.faults.isOn = false;
  await drain(platform);
  world.faults.isOn = true;
}

/** @throws Violation G13 */
async function drain(platform: Platform): Promise<void> {
  const { world } = platform;
  const isQuiet = (): boolean => platform.isUp && world.bus.backlog() === 0 && world.chains.pending('', undefined, 1).length === 0;
  const isDrained = await world.scheduler.run(isQuiet, longestDrainMs);
  if (isDrained) return;
  const [left] = world.chains.pending('', undefined, 1);
  throw new Violation(
    'G13',
    `${longestDrainMs / 1000} s after the last fault ${world.bus.backlog()} messages wait${left ? `, and ${left.chain}#${left.n} ${left.kind} is still pending` : ''}`,
  );
}
