import cliProgress from 'cli-progress';

/** Where the story goes: lines for people, and a bar while something long is under way on a terminal. */
export class Printer {
  constructor(private readonly out: NodeJS.WriteStream) {}

  line(text = ''): void {
    this.out.write(`${text}\n`);
  }

  /** Shows how far `work` is; off a terminal nothing is drawn, so that logs stay readable. */
  async progress<T>(label: string, total: number, work: (advance: (by: number) => void) => Promise<T>): Promise<T> {
    if (!this.out.isTTY) return work(() => undefined);
    const bar = new cliProgress.SingleBar({
      stream: this.out,
      clearOnComplete: true,
      hideCursor: true,
      format: `  ${label} {bar} {percentage}% {value}/{total}`,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 28,
    });
    bar.start(total, 0);
    try {
      return await work((by) => bar.increment(by));
    } finally {
      bar.stop();
    }
  }
}

/** 1234567 → 1,234,567 */
export function count(n: number): string {
  return new Intl.NumberFormat('en').format(n);
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A decimal string and its currency, for people; exact, because Intl takes decimal strings. */
export function amount(text: string, currency: string): string {
  return new Intl.NumberFormat('en', { style: 'currency', currency, currencyDisplay: 'code' }).format(text as Intl.StringNumericLiteral);
}
