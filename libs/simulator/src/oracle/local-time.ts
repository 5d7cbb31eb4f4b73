const hourMs = 3_600_000;

/** The European rule: summer time from the last Sunday of March to the last Sunday of October, changing at 01:00 UTC. */
function isSummer(time: number): boolean {
  const year = new Date(time).getUTCFullYear();
  const lastSunday = (month: number): number => {
    const last = new Date(Date.UTC(year, month + 1, 0));
    return Date.UTC(year, month, last.getUTCDate() - last.getUTCDay(), 1);
  };
  return time >= lastSunday(2) && time < lastSunday(9);
}

function offsetMs(time: number, zone: string): number {
  switch (zone) {
    case 'UTC':
      return 0;
    case 'Europe/Stockholm':
      return (isSummer(time) ? 2 : 1) * hourMs;
    default:
      throw new Error(`the oracle does not know ${zone}`);
  }
}

/** What the wall shows in a zone: the month as YYYY-MM and the clock as HH:MM. */
export function localTime(time: number, zone: string): { readonly month: string; readonly clock: string } {
  const text = new Date(time + offsetMs(time, zone)).toISOString();
  return { month: text.slice(0, 7), clock: text.slice(11, 16) };
}
