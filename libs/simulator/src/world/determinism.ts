/** What code under simulation may not touch: it would make a seed run differently the next time. */
const forbidden = 'the simulation found a source of time or chance that did not come through a port';

/** temporal-polyfill looks for changes of the clocks up to three years after the present, and nothing else; here the present stands still. */
const searchHorizon = Date.UTC(2026, 0, 1);

export interface Trap {
  /** What was touched, with the stack of the first time. */
  readonly leaks: readonly Error[];
  release(): void;
}

/**
 * Takes away the machine's clock, its timers and its chance for as long as a seed runs. Touching them throws, and is told even
 * when the caller swallows the error.
 */
export function trapNondeterminism(): Trap {
  const leaks: Error[] = [];
  const leak = (what: string): never => {
    const error = new Error(`${forbidden}: ${what}`);
    leaks.push(error);
    throw error;
  };
  const RealDate = Date;
  class TrappedDate extends RealDate {
    constructor(...parts: readonly unknown[]) {
      if (parts.length === 0) leak('new Date()');
      // The overloads of Date cannot be spelled for a spread; every one of them takes what was given.
      super(...(parts as [number]));
    }

    static override now(): number {
      const { stack = '' } = new Error();
      return stack.includes('/temporal-polyfill/') ? searchHorizon : leak('Date.now()');
    }
  }
  const kept = { Date: RealDate, setTimeout, setInterval, random: Math.random };
  globalThis.Date = TrappedDate as DateConstructor;
  globalThis.setTimeout = ((): never => leak('setTimeout')) as unknown as typeof setTimeout;
  globalThis.setInterval = ((): never => leak('setInterval')) as unknown as typeof setInterval;
  Math.random = () => leak('Math.random()');
  return {
    leaks,
    release() {
      globalThis.Date = kept.Date;
      globalThis.setTimeout = kept.setTimeout;
      globalThis.setInterval = kept.setInterval;
      Math.random = kept.random;
    },
  };
}
