import { InvalidArgumentError, Option } from 'commander';

/** `--limit N` of every list. */
export function limitOption(): Option {
  return new Option('--limit <n>', 'at most so many').argParser(wholeNumber);
}

/** A whole number above zero. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError('It is a whole number from 1.');
  return Number(text);
}

/** Gathers an option that may stand several times. */
export function gathered(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

/** A time as RFC 3339; a day means its first moment in UTC. */
export function moment(text: string): string {
  const full = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00:00Z` : text;
  if (!/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(full) || Number.isNaN(Date.parse(full))) {
    throw new InvalidArgumentError('It is a day such as 2026-02-01, or a time such as 2026-02-01T06:00:00Z.');
  }
  return full;
}

export function calendarDay(text: string): string {
  if (!/^\d{4}-\d\d-\d\d$/.test(text) || Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('It is a day such as 2026-02-01.');
  return text;
}

/** `--fix device=SE*NGR*E0001` */
export function assignment(text: string, before: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('It is a name, = and a value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
}

/** The text that --help shows below the options. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  tollkeeper ${line}`).join('\n')}`;
}
