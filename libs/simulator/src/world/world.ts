import type { Clock } from '@tollkeeper/kernel';
import { ActorExchange } from '../ports/actor-exchange.js';
import { BusDisk, type BusDiskOptions } from '../ports/bus-disk.js';
import { ChainDisk } from '../ports/chain-disk.js';
import { ViewDisk } from '../ports/view-disk.js';
import { Chance } from './chance.js';
import { Faults } from './faults.js';
import { SimProcess } from './process.js';
import { Scheduler } from './scheduler.js';
import type { Surroundings } from './surroundings.js';
import { Trace } from './trace.js';

export interface WorldOptions extends Partial<BusDiskOptions> {
  readonly keepsHistory?: boolean;
  /** Starts what runs in a process; called again after a crash. */
  readonly boot?: (process: SimProcess) => void;
  /** Answers come at once; for conformance suites, which measure real time. */
  readonly isInstant?: boolean;
}

const longestDownMs = 5_000;
const longestPauseMs = 40_000;
const longestSlowMs = 3_000;

/** A disk, a bus, a clock and the processes that share them, all driven by one seed. */
export class SimWorld implements Surroundings {
  readonly scheduler = new Scheduler();
  readonly trace: Trace;
  readonly faults: Faults;
  readonly chance: Chance;
  readonly chains = new ChainDisk();
  readonly views = new ViewDisk();
  readonly bus: BusDisk;
  readonly actors = new ActorExchange();
  processes: SimProcess[] = [];
  /** What the wall clock shows when the world begins, and how far it was put forward since. */
  private wallMs = Date.UTC(2026, 0, 1);
  private readonly latencies: Chance;
  private started = 0;

  readonly clock: Clock = { now: () => Math.floor(this.wallMs + this.scheduler.now) };

  constructor(
    readonly seed: number,
    private readonly options: WorldOptions = {},
  ) {
    const root = new Chance(seed);
    this.chance = root.fork('chance');
    this.latencies = root.fork('latencies');
    this.faults = new Faults(root.fork('faults'));
    this.trace = new Trace(options.keepsHistory ?? false, () => this.scheduler.now);
    this.bus = new BusDisk(this, { ackWaitMs: options.ackWaitMs ?? 15_000, maxBacklogBytes: options.maxBacklogBytes ?? 1 << 26 });
  }

  readonly latency = (): number => {
    if (this.options.isInstant) return 0;
    const usual = 0.05 + 2 * this.latencies.next() ** 3;
    return this.faults.hits('slow') ? usual + this.latencies.below(longestSlowMs) : usual;
  };

  travel(run: () => void): void {
    if (this.options.isInstant) run();
    else this.scheduler.after(this.latency(), run);
  }

  start(name: string): SimProcess {
    const process = new SimProcess(`${name}.${++this.started}`, this);
    this.processes.push(process);
    this.trace.note(process.name, 'starts');
    this.options.boot?.(process);
    return process;
  }

  crash(process: SimProcess, why: string): void {
    if (process.isDead) return;
    this.trace.note(process.name, `dies ${why}`);
    process.die();
    this.processes = this.processes.filter((one) => one !== process);
    this.actors.leaveAll(process);
    this.bus.leaveAll(process);
    const [name = ''] = process.name.split('.');
    if (this.options.boot) this.scheduler.after(this.chance.below(longestDownMs), () => void this.start(name));
  }

  cutPower(why: string): void {
    this.trace.note('world', `power cut ${why}`);
    for (const process of [...this.processes]) this.crash(process, 'by the power cut');
    this.views.losePower(this.chance);
    this.chains.losePower(this.chance);
    this.bus.losePower();
  }

  pause(process: SimProcess, why: string): void {
    if (!process.isRunning) return;
    this.trace.note(process.name, `stands still ${why}`);
    process.pause();
    this.scheduler.after(this.chance.below(longestPauseMs), () => this.resume(process));
  }

  /** Nothing goes wrong any more; who stands still goes on. */
  calm(): void {
    this.faults.isOn = false;
    for (const process of this.processes) this.resume(process);
  }

  /** Time passes at once, with nothing happening in between: the days of a billing period. */
  putClockForward(ms: number): void {
    this.wallMs += ms;
    this.trace.note('world', `the clock is put forward to ${new Date(this.clock.now()).toISOString()}`);
  }

  private resume(process: SimProcess): void {
    if (process.isDead || process.isRunning) return;
    this.trace.note(process.name, 'goes on');
    process.resume();
    this.bus.pump();
  }
}
