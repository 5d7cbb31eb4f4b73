import type { Timers } from '@tollkeeper/ports';
import type { SimProcess } from '../world/process.js';

export class SimTimers implements Timers {
  constructor(private readonly process: SimProcess) {}

  after(delayMs: number, work: () => void): () => void {
    return this.process.world.scheduler.after(delayMs, () => this.process.deliver(work));
  }
}
