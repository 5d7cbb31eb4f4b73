import { type TimeWindow, weekdays } from './price-list.js';

const minutesPerDay = 1440;
const minutesPerWeek = 7 * minutesPerDay;

/** HH:MM as minutes after midnight, 24:00 included; undefined when it is not such a text. */
export function minuteOfDay(text: string): number | undefined {
  const match = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text);
  if (!match) return undefined;
  const minute = Number(match[1]) * 60 + Number(match[2]);
  return minute <= minutesPerDay ? minute : undefined;
}

/** The window's stretches in minutes of a week that begins on Monday, [from, to); one that passes midnight reaches into the next day. */
export function windowStretches(window: Pick<TimeWindow, 'days' | 'from' | 'to'>): readonly (readonly [from: number, to: number])[] {
  const from = minuteOfDay(window.from) ?? 0;
  const to = minuteOfDay(window.to) ?? 0;
  const length = to > from ? to - from : to + minutesPerDay - from;
  const stretches: (readonly [number, number])[] = [];
  for (const day of window.days ?? weekdays) {
    const start = weekdays.indexOf(day) * minutesPerDay + from;
    const end = start + length;
    stretches.push([start, Math.min(end, minutesPerWeek)]);
    if (end > minutesPerWeek) stretches.push([0, end - minutesPerWeek]);
  }
  return stretches;
}

/** For each minute of the week the number of its window: 0 for none, n for the n-th. Where windows overlap the first one counts. */
export function weekTable(windows: readonly TimeWindow[]): Uint8Array {
  const table = new Uint8Array(minutesPerWeek);
  windows.forEach((window, index) => {
    for (const [from, to] of windowStretches(window)) {
      for (let minute = from; minute < to; minute++) if (table[minute] === 0) table[minute] = index + 1;
    }
  });
  return table;
}

/** 1970-01-01 was a Thursday: three days after the Monday that the table begins with. */
const epochMinute = 3 * minutesPerDay;

/** The number in the table for a wall time, given as if it were epoch milliseconds in UTC. */
export function windowAt(table: Uint8Array, wallTime: number): number {
  return table[(Math.floor(wallTime / 60_000) + epochMinute) % minutesPerWeek] ?? 0;
}
