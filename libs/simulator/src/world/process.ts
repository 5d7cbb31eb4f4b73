import type { Surroundings } from './surroundings.js';

/** One request to what lies outside a process. */
export interface Operation<T> {
  /** Does it and answers; what it throws is the answer as well. */
  apply(): T;
  /** Does a part of it, chosen by chance: what a crash in the middle leaves. Absent for reads. */
  tear?(): void;
  /** What the history says of the answer; nothing for answers that go without saying. */
  describe?(value: T): string;
  /** How the port says that nobody answered. */
  unanswered(): Error;
}

interface Flight {
  /** Decided when the process dies while its request is under way. */
  fate: 'lost' | 'torn' | 'whole' | undefined;
}

/**
 * A process as the outside sees it: its I/O takes virtual time, and when it is dead nothing reaches it any more, so that
 * whatever it was waiting for never comes and its objects are garbage.
 */
export class SimProcess {
  private state: 'running' | 'paused' | 'dead' = 'running';
  private readonly flights = new Set<Flight>();
  private held: (() => void)[] = [];

  constructor(
    readonly name: string,
    readonly world: Surroundings,
  ) {}

  get isDead(): boolean {
    return this.state === 'dead';
  }

  get isRunning(): boolean {
    return this.state === 'running';
  }

  io<T>(kind: string, detail: string, operation: Operation<T>): Promise<T> {
    const { scheduler, faults, trace } = this.world;
    return new Promise<T>((resolve, reject) => {
      if (this.isDead) return;
      if (faults.hits('crashBefore')) {
        faults.crashPoints.add(`before ${kind}`);
        return this.world.crash(this, `before ${kind} ${detail}`);
      }
      if (faults.hits('powerCut')) return this.world.cutPower(`before ${kind} ${detail}`);
      if (faults.hits('pause')) this.world.pause(this, `at ${kind} ${detail}`);
      const flight: Flight = { fate: undefined };
      this.flights.add(flight);
      const answer = (settle: () => void): void => {
        scheduler.after(this.world.latency(), () => {
          this.flights.delete(flight);
          this.deliver(settle);
        });
      };
      scheduler.after(this.world.latency(), () => {
        if (this.isDead) return this.arriveOfDead(flight, kind, detail, operation);
        if (faults.hits('unavailable')) {
          trace.note(this.name, `${kind} ${detail} → unavailable`);
          return answer(() => reject(operation.unanswered()));
        }
        const settle = this.carryOut(kind, detail, operation, resolve, reject);
        if (faults.hits('crashAfter')) {
          faults.crashPoints.add(`after ${kind}`);
          return this.world.crash(this, `after ${kind} ${detail}`);
        }
        answer(settle);
      });
    });
  }

  private carryOut<T>(kind: string, detail: string, operation: Operation<T>, resolve: (value: T) => void, reject: (error: unknown) => void): () => void {
    const { faults, trace } = this.world;
    try {
      const value = operation.apply();
      if (operation.tear && faults.hits('lostReply')) {
        trace.note(this.name, `${kind} ${detail} → done, reply lost`);
        return () => reject(operation.unanswered());
      }
      trace.note(this.name, `${kind} ${detail}${operation.describe?.(value) ?? ''}`);
      return () => resolve(value);
    } catch (error) {
      trace.note(this.name, `${kind} ${detail} → ${error instanceof Error ? error.message : String(error)}`);
      return () => reject(error);
    }
  }

  /** A request outlives its sender: it is lost, carried out, or carried out in part. */
  private arriveOfDead<T>(flight: Flight, kind: string, detail: string, operation: Operation<T>): void {
    if (!operation.tear || flight.fate === 'lost') return;
    this.world.trace.note(this.name, `${kind} ${detail} → ${flight.fate} after death`);
    try {
      if (flight.fate === 'whole') operation.apply();
      else operation.tear();
    } catch {
      // Nobody is left to hear of it.
    }
  }

  /** Runs work inside the process: now, when it goes on, or never. */
  deliver(work: () => void): void {
    if (this.state === 'running') work();
    else if (this.state === 'paused') this.held.push(work);
  }

  /** Ends the process. `world.crash` does the rest. */
  die(): void {
    this.state = 'dead';
    this.held = [];
    for (const flight of this.flights) flight.fate = this.world.chance.pick(['lost', 'torn', 'whole'] as const);
    this.flights.clear();
  }

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    const { held } = this;
    this.held = [];
    for (const work of held) this.deliver(work);
  }
}
