import { styleText } from 'node:util';
import { type Column, factLines, tableLines } from './table.js';
import type { Terminal } from './terminal.js';
import { plural } from './wording.js';

/** Rows of a table without --limit; programs (--json) get all. */
const defaultRows = 100;

export interface ListView<Item> {
  readonly columns: readonly Column<Item>[];
  /** "No invoices yet." */
  readonly empty: string;
  /** At most so many items. */
  readonly limit: number | undefined;
}

/** What a command says: tables and sentences for people, JSON for programs. */
export class Output {
  private readonly colours: boolean;

  constructor(
    private readonly terminal: Terminal,
    /** Speak JSON. */
    readonly json: boolean,
  ) {
    const { env, out } = terminal;
    this.colours = out.isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb';
  }

  strong(text: string): string {
    return this.colours ? styleText('bold', text, { validateStream: false }) : text;
  }

  faint(text: string): string {
    return this.colours ? styleText('dim', text, { validateStream: false }) : text;
  }

  async line(text = ''): Promise<void> {
    await this.terminal.out.write(`${harmless(text)}\n`);
  }

  async lines(lines: readonly string[]): Promise<void> {
    if (lines.length > 0) await this.terminal.out.write(`${lines.join('\n')}\n`);
  }

  /** Beside the result, so that a pipe gets the result alone. */
  async note(text: string): Promise<void> {
    await this.terminal.err.write(`${text}\n`);
  }

  async value(value: unknown): Promise<void> {
    await this.terminal.out.write(`${JSON.stringify(value, undefined, 2)}\n`);
  }

  async facts(facts: readonly (readonly [name: string, value: string | undefined])[]): Promise<void> {
    await this.lines(factLines(facts, (text) => this.faint(text)));
  }

  async table<Item>(columns: readonly Column<Item>[], items: readonly Item[]): Promise<void> {
    await this.lines(tableLines(columns, items, { width: this.terminal.out.columns, heading: (text) => this.strong(text) }));
  }

  /** One thing: the API's JSON, or what `forPeople` writes. */
  async show<T>(value: T, forPeople: (value: T) => Promise<void>): Promise<void> {
    await (this.json ? this.value(value) : forPeople(value));
  }

  /** A list over as many pages as it takes: a JSON array, or a table. */
  async list<Item>(items: AsyncIterable<Item>, view: ListView<Item>): Promise<void> {
    await (this.json ? this.jsonArray(items, view.limit) : this.tableOf(items, view));
  }

  private async jsonArray<Item>(items: AsyncIterable<Item>, limit = Number.POSITIVE_INFINITY): Promise<void> {
    let written = 0;
    for await (const item of upTo(items, limit)) {
      const text = JSON.stringify(item, undefined, 2).replaceAll('\n', '\n  ');
      await this.terminal.out.write(`${written === 0 ? '[' : ','}\n  ${text}`);
      written++;
    }
    await this.terminal.out.write(written === 0 ? '[]\n' : '\n]\n');
  }

  private async tableOf<Item>(items: AsyncIterable<Item>, { columns, empty, limit: asked }: ListView<Item>): Promise<void> {
    const limit = asked ?? defaultRows;
    const rows: Item[] = [];
    let more = false;
    for await (const item of upTo(items, asked ?? limit + 1)) {
      if (rows.length === limit) more = true;
      else rows.push(item);
    }
    if (rows.length === 0) return this.line(empty);
    await this.table(columns, rows);
    if (more && asked === undefined)
      await this.note(`There are more than these ${plural(limit, 'row')}; --limit N shows more, --json all.`);
  }
}

/** Texts come from outside: what would steer the terminal is shown as a blank, except for our own bold and faint. */
function harmless(text: string): string {
  return text.replace(/(\u001b\[(?:1|2|22)m)|[\p{Cc}\u2028\u2029]/gu, (_all, style: string | undefined) => style ?? ' ');
}

async function* upTo<Item>(items: AsyncIterable<Item>, limit: number): AsyncGenerator<Item> {
  let given = 0;
  if (limit <= 0) return;
  for await (const item of items) {
    yield item;
    if (++given >= limit) return;
  }
}
