import type { Chance } from './chance.js';

/** What can go wrong, each with what its probability is counted by. */
const faultKinds = {
  crashBefore: 'a process dies when it is about to ask for I/O',
  crashAfter: 'a process dies when its I/O has happened and before it hears of it',
  powerCut: 'all processes die, and what was not synced is lost, wholly or in part',
  pause: 'a process stands still in the middle of its work and goes on much later (a zombie)',
  unavailable: 'a store or the bus refuses and has done nothing',
  lostReply: 'a write happens and its answer is lost',
  slow: 'a request takes long',
  busFull: 'the bus takes nothing more',
  messageLost: 'a message is handed out and never arrives',
  messageDoubled: 'a message is handed out twice',
  messageDelayed: 'a message arrives much later',
  messagesReordered: 'messages arrive in another order',
  ackLost: 'an acknowledgement is lost',
  twoActivations: 'an actor is active in two processes',
  requestLost: 'a request between services, or from a client, never arrives',
  replyLost: 'a request is carried out and its answer is lost',
} as const;

export type FaultKind = keyof typeof faultKinds;

/** Probability by kind at the usual rate, per occasion. */
const usualRates: Readonly<Record<FaultKind, number>> = {
  crashBefore: 0.0015,
  crashAfter: 0.0015,
  powerCut: 0.0003,
  pause: 0.001,
  unavailable: 0.01,
  lostReply: 0.01,
  slow: 0.02,
  busFull: 0.03,
  messageLost: 0.03,
  messageDoubled: 0.05,
  messageDelayed: 0.03,
  messagesReordered: 0.1,
  ackLost: 0.05,
  twoActivations: 0.1,
  requestLost: 0.02,
  replyLost: 0.03,
};

const allKinds = Object.keys(faultKinds) as FaultKind[];

/**
 * The faults of one world. Every seed draws its own subset and rates, because faults hide each other: a world that crashes all
 * the time never gets far enough to show what a lost reply does late in a bill run.
 */
export class Faults {
  isOn = false;
  readonly happened = new Map<FaultKind, number>();
  /** Kinds of I/O that a process died before or after. */
  readonly crashPoints = new Set<string>();
  private readonly rates = new Map<FaultKind, number>();

  constructor(private readonly chance: Chance) {
    const strength = chance.pick([0.3, 1, 1, 3]);
    for (const kind of allKinds) {
      const rate = usualRates[kind] * strength * (0.5 + chance.next());
      this.rates.set(kind, chance.hits(0.6) ? rate : 0);
    }
  }

  /** Decides whether the fault happens now. */
  hits(kind: FaultKind): boolean {
    if (!this.isOn || !this.chance.hits(this.rates.get(kind) ?? 0)) return false;
    this.happened.set(kind, (this.happened.get(kind) ?? 0) + 1);
    return true;
  }
}
