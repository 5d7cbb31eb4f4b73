import { Temporal } from 'temporal-polyfill';

/** A stretch of time in which a zone's clocks stand at one distance from UTC: [from, until) in epoch ms, offset in ms. */
interface Stretch {
  readonly from: number;
  readonly until: number;
  readonly offsetMs: number;
}

/** The clocks on the wall of one time zone. */
export interface ZoneClock {
  readonly timeZone: string;
  /** What to add to an instant (epoch ms) to get the wall time as if it were UTC. */
  offsetAt(instant: number): number;
}

/** Zones are few; the bound only stops a caller that invents them. */
const clocks = new Map<string, ZoneClock>();
const maxClocks = 1000;
const maxStretches = 200;

/** True for an IANA time zone name, for example Europe/Stockholm, or UTC. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** The clock of a zone; made once. @throws RangeError when there is no such zone. */
export function zoneClock(timeZone: string): ZoneClock {
  const known = clocks.get(timeZone);
  if (known) return known;
  if (!isTimeZone(timeZone)) throw new RangeError(`${JSON.stringify(timeZone)} is not a time zone; write an IANA name such as Europe/Stockholm`);
  if (clocks.size >= maxClocks) clocks.clear();
  const clock = makeClock(timeZone);
  clocks.set(timeZone, clock);
  return clock;
}

/** Remembers the stretches between two changes of the clocks, because asking the zone data costs far more than an event may. */
function makeClock(timeZone: string): ZoneClock {
  const stretches: Stretch[] = [];
  let current: Stretch = { from: 0, until: 0, offsetMs: 0 };
  const find = (instant: number): Stretch => {
    const known = stretches.find((stretch) => instant >= stretch.from && instant < stretch.until);
    if (known) return known;
    if (stretches.length >= maxStretches) stretches.length = 0;
    const found = stretchAt(timeZone, instant);
    stretches.push(found);
    return found;
  };
  return {
    timeZone,
    offsetAt(instant) {
      if (instant < current.from || instant >= current.until) current = find(instant);
      return current.offsetMs;
    },
  };
}

function stretchAt(timeZone: string, instant: number): Stretch {
  const here = Temporal.Instant.fromEpochMilliseconds(instant).toZonedDateTimeISO(timeZone);
  const next = here.getTimeZoneTransition('next');
  // A change at this very instant belongs to it, and 'previous' looks strictly before.
  const previous = here.add({ nanoseconds: 1 }).getTimeZoneTransition('previous');
  return {
    from: previous?.epochMilliseconds ?? Number.NEGATIVE_INFINITY,
    until: next?.epochMilliseconds ?? Number.POSITIVE_INFINITY,
    offsetMs: here.offsetNanoseconds / 1e6,
  };
}

/** The instant (epoch ms) at which a local date, given as YYYY-MM-DD, begins in the zone. @throws RangeError for no such date. */
export function startOfLocalDate(date: string, timeZone: string): number {
  return Temporal.PlainDate.from(date).toZonedDateTime({ timeZone }).epochMilliseconds;
}

/** The local date, as YYYY-MM-DD, of an instant (epoch ms). */
export function localDateAt(instant: number, timeZone: string): string {
  return new Date(instant + zoneClock(timeZone).offsetAt(instant)).toISOString().slice(0, 10);
}
