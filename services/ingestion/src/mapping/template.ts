import { LongNumber, numberText } from '../accept/long-number.js';
import { parsePath, type PathStep, PathSyntaxError, valueAt } from './path.js';

/**
 * Text with places to fill: `{country_code}*{id}`. A place names a path, or several with `|` between them, of which the first
 * that leads to something counts; the last may be a text in single quotes that stands for nothing found: `{f_cnt|'0'}`.
 */
export interface Template {
  readonly text: string;
  readonly pieces: readonly (string | Place)[];
}

export interface Place {
  readonly paths: readonly { readonly text: string; readonly steps: readonly PathStep[] }[];
  readonly otherwise: string | undefined;
}

/** @throws PathSyntaxError */
export function parseTemplate(text: string): Template {
  const pieces: (string | Place)[] = [];
  for (const [piece] of text.matchAll(/\{[^{}]*\}|[^{}]+|[{}]/g)) {
    if (piece === '{' || piece === '}') throw new PathSyntaxError(`${JSON.stringify(text)} has a brace without its partner`);
    pieces.push(piece.startsWith('{') ? parsePlace(piece.slice(1, -1)) : piece);
  }
  return { text, pieces };
}

function parsePlace(text: string): Place {
  const alternatives = text.split('|').map((alternative) => alternative.trim());
  const last = alternatives.at(-1) ?? '';
  const otherwise = /^'(.*)'$/.exec(last)?.[1];
  if (otherwise !== undefined) alternatives.pop();
  return { paths: alternatives.map((alternative) => ({ text: alternative, steps: parsePath(alternative) })), otherwise };
}

/** The filled text; undefined when one of its places leads to nothing. */
export function fillTemplate(template: Template, record: unknown): string | undefined {
  let text = '';
  for (const piece of template.pieces) {
    const filled = typeof piece === 'string' ? piece : fillPlace(piece, record);
    if (filled === undefined) return undefined;
    text += filled;
  }
  return text;
}

function fillPlace(place: Place, record: unknown): string | undefined {
  for (const { steps } of place.paths) {
    const text = toText(valueAt(record, steps));
    if (text !== undefined) return text;
  }
  return place.otherwise;
}

/** The first value that one of a place's paths leads to. */
export function valueOfPlace(place: Place, record: unknown): unknown {
  for (const { steps } of place.paths) {
    const value = valueAt(record, steps);
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return place.otherwise;
}

/** The template's only place, when it consists of nothing else. */
export function onlyPlace(template: Template): Place | undefined {
  const [piece] = template.pieces;
  return template.pieces.length === 1 && typeof piece === 'object' ? piece : undefined;
}

/** Names of the paths, for messages. */
export function pathsOf(template: Template): string {
  const names = template.pieces.flatMap((piece) => (typeof piece === 'string' ? [] : piece.paths.map((path) => path.text)));
  return names.join(' or ');
}

/** A scalar as text, numbers with all their digits; undefined for what is missing, empty, or no scalar. */
export function toText(value: unknown): string | undefined {
  if (typeof value === 'string') return value === '' ? undefined : value;
  if (typeof value === 'number') return numberText(value) ?? String(value);
  if (typeof value === 'boolean') return String(value);
  return value instanceof LongNumber ? value.text : undefined;
}
