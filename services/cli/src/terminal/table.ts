/** One column of a table. */
export interface Column<Item> {
  readonly head: string;
  readonly cell: (item: Item) => string;
  /** Numbers stand to the right. */
  readonly right?: boolean;
  /** May be cut when the line is longer than the terminal. */
  readonly cut?: boolean;
}

export interface TableLook {
  /** Characters per line; undefined for as many as it takes. */
  readonly width: number | undefined;
  readonly heading: (text: string) => string;
}

const gap = '  ';
const shortestCut = 12;

/** The lines of a table: a heading, then one line per item, columns aligned. Columns without any content are left out. */
export function tableLines<Item>(columns: readonly Column<Item>[], items: readonly Item[], look: TableLook): string[] {
  const cells = items.map((item) => columns.map((column) => printable(column.cell(item))));
  const shown = columns.map((_, at) => items.length === 0 || cells.some((row) => (row[at] ?? '') !== ''));
  const kept = columns.map((column, at) => ({ column, at })).filter(({ at }) => shown[at]);
  const widths = kept.map(({ column, at }) => Math.max(textWidth(column.head), ...cells.map((row) => textWidth(row[at] ?? ''))));
  fitToWidth(
    kept.map(({ column }) => column),
    widths,
    look.width,
  );
  const line = (texts: readonly string[]): string =>
    texts
      .map((text, i) => pad(shorten(text, widths[i] ?? 0), widths[i] ?? 0, kept[i]?.column.right === true))
      .join(gap)
      .trimEnd();
  const heading = look.heading(line(kept.map(({ column }) => column.head)));
  return [heading, ...cells.map((row) => line(kept.map(({ at }) => row[at] ?? '')))];
}

/** Names and values one below the other; what has no value is left out. */
export function factLines(
  facts: readonly (readonly [name: string, value: string | undefined])[],
  name: (text: string) => string,
): string[] {
  const known = facts.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(0, ...known.map(([label]) => textWidth(label)));
  return known.map(([label, value]) => `${name(pad(label, width, false))}${gap}${printable(value ?? '')}`);
}

/** Makes the columns that may be cut narrower, until the line fits. */
function fitToWidth<Item>(columns: readonly Column<Item>[], widths: number[], width: number | undefined): void {
  if (width === undefined) return;
  let over = widths.reduce((sum, one) => sum + one, 0) + gap.length * (widths.length - 1) - width;
  for (let i = columns.length - 1; i >= 0 && over > 0; i--) {
    const now = widths[i] ?? 0;
    if (columns[i]?.cut !== true || now <= shortestCut) continue;
    const next = Math.max(shortestCut, now - over);
    widths[i] = next;
    over -= now - next;
  }
}

function pad(text: string, width: number, right: boolean): string {
  const space = ' '.repeat(Math.max(0, width - textWidth(text)));
  return right ? space + text : text + space;
}

function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let short = '';
  for (const character of text) {
    if (textWidth(short + character) > width - 1) break;
    short += character;
  }
  return `${short}…`;
}

const invisible = /[\p{M}\p{Cf}]/gu;
const wide = /[\u1100-\u115F\u2E80-\uA4CF\uAC00-\uD7A3\uF900-\uFAFF\uFE30-\uFE6F\uFF00-\uFF60\uFFE0-\uFFE6]|\p{Emoji_Presentation}/gu;

/** Places that the text takes on a terminal. */
function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  const visible = [...text.replace(invisible, '')];
  return visible.length + (visible.join('').match(wide)?.length ?? 0);
}

/** Names come from outside: what would steer the terminal is shown as a blank. */
function printable(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ');
}
