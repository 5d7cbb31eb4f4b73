#!/usr/bin/env node
/**
 * Writes the table of values into the README of the chart, from the comments of its values.yaml: `node tools/chart/values-table.mjs`.
 * `--check` writes nothing, and exits 1 when the table is stale or a value has no comment.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMap, parseDocument } from 'yaml';
import { workspaceRoot } from '../workspace.mjs';

const chart = join(workspaceRoot, 'charts/tollkeeper');
const [begin, end] = ['<!-- values: made by tools/chart/values-table.mjs -->', '<!-- end of values -->'];
const mend = 'mend: node tools/chart/values-table.mjs';

/** Every value with its default and comment; a map without a comment of its own stands for the values in it. */
export function describeValues(text) {
  const rows = [];
  const visit = (map, above) => {
    for (const [index, { key, value }] of map.items.entries()) {
      const path = [...above, key.value];
      // The comment before the first key of a map belongs to the map, as the parser sees it.
      const comment = (key.commentBefore ?? (index === 0 ? map.commentBefore : undefined) ?? '').split('\n\n').at(-1);
      const inner = isMap(value) && value.items.length > 0 && !value.flow;
      const leaf = !inner;
      if (leaf && comment.trim() === '') throw new Error(`values.yaml: ${path.join('.')} has no comment that says what it is for\n  mend: write one in the line before it`);
      if (leaf) rows.push({ path: path.join('.'), value: value.toJSON(), comment: comment.replace(/\s*\n\s*/g, ' ').trim() });
      if (inner) visit(value, path);
    }
  };
  visit(parseDocument(text).contents, []);
  return rows;
}

function tableOf(rows) {
  const cell = (text) => text.replaceAll('|', '\\|');
  const lines = rows.map(({ path, value, comment }) => `| \`${path}\` | ${value === '' ? '' : `\`${cell(JSON.stringify(value))}\``} | ${cell(comment)} |`);
  return ['| value | default | |', '|---|---|---|', ...lines].join('\n');
}

function readmeWith(table, readme) {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the README of the chart has no place for the table\n  mend: put the lines ${begin} and ${end} where it belongs`);
  return `${readme.slice(0, from + begin.length)}\n\n${table}\n\n${readme.slice(to)}`;
}

/** What is stale; empty when the README tells the values as they are. */
export function valuesFindings() {
  const readme = readFileSync(join(chart, 'README.md'), 'utf8');
  const fresh = readmeWith(tableOf(describeValues(readFileSync(join(chart, 'values.yaml'), 'utf8'))), readme);
  return fresh === readme ? [] : [`charts/tollkeeper/README.md: its table is not what values.yaml says; ${mend}`];
}

function main() {
  if (process.argv.includes('--check')) return valuesFindings();
  const file = join(chart, 'README.md');
  writeFileSync(file, readmeWith(tableOf(describeValues(readFileSync(join(chart, 'values.yaml'), 'utf8'))), readFileSync(file, 'utf8')));
  return [];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const findings = main();
    for (const finding of findings) console.error(finding);
    process.exitCode = findings.length > 0 ? 1 : 0;
  } catch (error) {
    console.error(`tollkeeper: ${error.message}`);
    process.exitCode = 1;
  }
}
