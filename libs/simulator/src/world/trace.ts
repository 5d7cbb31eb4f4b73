import { createHash } from 'node:crypto';

/** The history of one seed. Its digest tells whether two runs were the same; the lines are kept when somebody wants to read them. */
export class Trace {
  private readonly digest = createHash('sha256');
  private readonly lines: string[] = [];
  events = 0;

  constructor(
    private readonly keepsLines: boolean,
    private readonly now: () => number,
  ) {}

  note(who: string, what: string): void {
    const line = `${this.now().toFixed(3).padStart(12)} ${who.padEnd(8)} ${what}`;
    this.events++;
    this.digest.update(line);
    if (this.keepsLines) this.lines.push(line);
  }

  history(): readonly string[] {
    return this.lines;
  }

  /** Ends the trace. */
  hash(): string {
    return this.digest.digest('hex').slice(0, 16);
  }
}
