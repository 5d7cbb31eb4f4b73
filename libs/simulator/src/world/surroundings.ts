import type { Chance } from './chance.js';
import type { Faults } from './faults.js';
import type { SimProcess } from './process.js';
import type { Scheduler } from './scheduler.js';
import type { Trace } from './trace.js';

/** What a process and its ports need of the world around them. */
export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly chance: Chance;
  readonly faults: Faults;
  readonly trace: Trace;
  /** Milliseconds that one leg of a request takes. */
  latency(): number;
  /** Runs `run` after one leg of a request; at once in a world without latency. */
  travel(run: () => void): void;
  crash(process: SimProcess, why: string): void;
  cutPower(why: string): void;
  pause(process: SimProcess, why: string): void;
}
