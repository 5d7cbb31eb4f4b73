/** Medians and spreads of rounds, and the table. */

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** (greatest − least) ÷ median. */
function spreadOf(values) {
  return (Math.max(...values) - Math.min(...values)) / median(values);
}

function rounded(value, digits = 3) {
  return Number.isFinite(value) ? Number(value.toPrecision(digits)) : null;
}

/** A row of the table: the ratio of each round, one after the other. `figures` are absolute, by name with its unit. */
export function row({ id, name, must, aim, ratios, lessIsBetter = false, figures, note }) {
  const ratio = median(ratios);
  const met = lessIsBetter ? ratio <= must : ratio >= must;
  return { id, name, ratio: rounded(ratio), spread: rounded(spreadOf(ratios), 2), must, aim, rounds: ratios.length, met, lessIsBetter, figures, ...(note ? { note } : {}) };
}

const columns = [
  ['row', (r) => r.id],
  ['', (r) => (r.met ? '✓' : '✗')],
  ['ratio', (r) => String(r.ratio)],
  ['must', (r) => `${r.lessIsBetter ? '≤' : '≥'} ${r.must}`],
  ['aim', (r) => String(r.aim)],
  ['spread', (r) => (r.spread === null ? '–' : `${Math.round(r.spread * 100)} %`)],
  ['rounds', (r) => String(r.rounds)],
  ['what', (r) => r.name],
];

export function printTable(rows, out) {
  const cells = [columns.map(([title]) => title), ...rows.map((r) => columns.map(([, text]) => text(r)))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i].length)));
  const line = (texts) => `${texts.map((text, i) => text.padEnd(widths[i])).join('  ').trimEnd()}\n`;
  out.write(line(cells[0]));
  rows.forEach((r, i) => {
    out.write(line(cells[i + 1]));
    for (const [name, value] of Object.entries(r.figures)) out.write(`        ${name}: ${value.toLocaleString('en')}\n`);
    if (r.note) out.write(`        ${r.note}\n`);
  });
}

export function whole(value) {
  return Math.round(value);
}
