/** Waiting, passed in like the clock, so that a simulation decides when time passes. */
export interface Timers {
  /** Runs `work` once, not before `delayMs` have passed; calling the result beforehand cancels it. */
  after(delayMs: number, work: () => void): () => void;
}
