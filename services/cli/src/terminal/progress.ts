import cliProgress from 'cli-progress';
import type { Terminal } from './terminal.js';
import { count } from './wording.js';

export interface Progress {
  /** How far it is; the total may become known, or grow, on the way. */
  update(done: number, total?: number): void;
  stop(): void;
}

const still: Progress = { update: () => undefined, stop: () => undefined };

/** Bars of long work, on a terminal only. Whatever happens, `stopAll` leaves the terminal as it was. */
export class ProgressBars {
  private readonly running = new Set<Progress>();

  constructor(private readonly terminal: Terminal) {}

  /** A bar towards a total, or without one a count that grows. */
  start(label: string, total?: number, show: (n: number) => string = count): Progress {
    const stream = this.terminal.bars;
    if (!stream) return still;
    const bar = new cliProgress.SingleBar({
      stream,
      clearOnComplete: true,
      hideCursor: true,
      format: total === undefined ? `${label} {value}` : `${label} {bar} {percentage}% {value}/{total}`,
      formatValue: (value, _options, type) => (type === 'percentage' ? String(value) : show(value)),
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 28,
    });
    bar.start(total ?? Number.MAX_SAFE_INTEGER, 0);
    const progress: Progress = {
      update: (done, newTotal) => {
        if (newTotal !== undefined) bar.setTotal(newTotal);
        bar.update(done);
      },
      stop: () => {
        if (this.running.delete(progress)) bar.stop();
      },
    };
    this.running.add(progress);
    return progress;
  }

  /** Shows a bar while `work` goes on. */
  async during<T>(
    label: string,
    total: number | undefined,
    work: (progress: Progress) => Promise<T>,
    show?: (n: number) => string,
  ): Promise<T> {
    const progress = this.start(label, total, show);
    try {
      return await work(progress);
    } finally {
      progress.stop();
    }
  }

  stopAll(): void {
    for (const progress of [...this.running]) progress.stop();
  }
}
