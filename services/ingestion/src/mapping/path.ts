/** One step into a record: a member's name, or an element's position. */
export type PathStep = string | number;

/** Every element, in paths that lead to records. */
const everyElement = '*' as const;

/** A path that cannot be read; `message` says why. */
export class PathSyntaxError extends Error {
  override readonly name = 'PathSyntaxError';
}

const step = /\s*(?:\.?\[(\d{1,6}|\*|"[^"]*")\]|\.?([^.[\]{}|"*]+))/y;

/**
 * Reads a path such as `a.b[0].c`, `["odd.name"].x` or, where records are listed, `$.data[*]`. A leading `$` or `$.` means the
 * record itself. Every element is told as an empty step.
 * @throws PathSyntaxError
 */
export function parsePath(text: string, allowEvery = false): readonly PathStep[] {
  let rest = text.trim();
  if (rest === '$' || rest === '') {
    if (rest === '') throw new PathSyntaxError('a path is empty; write names and positions such as a.b[0]');
    return [];
  }
  if (rest.startsWith('$')) rest = rest.slice(rest.startsWith('$.') ? 2 : 1);
  const steps: PathStep[] = [];
  for (let at = 0; at < rest.length; at = step.lastIndex) {
    step.lastIndex = at;
    const match = step.exec(rest);
    if (!match)
      throw new PathSyntaxError(
        `the path ${JSON.stringify(text)} cannot be read from ${JSON.stringify(rest.slice(at))} on; write names and positions such as a.b[0]`,
      );
    const inBrackets = match[1];
    if (inBrackets === everyElement) {
      if (!allowEvery)
        throw new PathSyntaxError(`the path ${JSON.stringify(text)} names every element; only "records" may do that`);
      steps.push('');
    } else if (inBrackets !== undefined) {
      steps.push(inBrackets.startsWith('"') ? inBrackets.slice(1, -1) : Number(inBrackets));
    } else {
      steps.push((match[2] ?? '').trim());
    }
  }
  return steps;
}

/** What stands at the path; undefined when something on the way is missing. Only own members count. */
export function valueAt(record: unknown, path: readonly PathStep[]): unknown {
  let value = record;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = (value as Record<PathStep, unknown>)[key];
  }
  return value;
}

/** All that a path with every-element steps leads to; a list at its end is opened. Undefined when the path leads nowhere. */
export function recordsAt(document: unknown, path: readonly PathStep[]): readonly unknown[] | undefined {
  let values: readonly unknown[] = [document];
  for (const key of path) {
    const next: unknown[] = [];
    for (const value of values) {
      if (key === '') {
        if (!Array.isArray(value)) return undefined;
        for (const element of value as readonly unknown[]) next.push(element);
      } else {
        const member = valueAt(value, [key]);
        if (member === undefined) return undefined;
        next.push(member);
      }
    }
    values = next;
  }
  const [only] = values;
  return values.length === 1 && Array.isArray(only) ? (only as readonly unknown[]) : values;
}
