import type { NatsConnection, Subscription as NatsSubscription } from '@nats-io/transport-node';
import type { Timers } from '@tollkeeper/ports';
import { assignPartitions } from './assign-partitions.js';

/** Two consumers of a group know each other after this; before it, a new one takes nothing. */
const settleMs = 200;
const heartbeatMs = 1_000;
/** A member of which nothing was heard for so long is gone, and its partitions are taken over. */
const expiryMs = 5_000;

/** What a member tells the others; wire format between versions. */
interface Announcement {
  readonly member: string;
  readonly wants: readonly number[];
  /** What it still hands out, or waits for the acknowledgements of. */
  readonly holds: readonly number[];
  readonly isLeaving?: boolean;
}

interface Neighbour {
  readonly wants: ReadonlySet<number>;
  readonly holds: ReadonlySet<number>;
  readonly heardAt: number;
}

export interface Shareholder {
  /** The partition is this member's from now on. */
  take(partition: number): void;
  /** Somebody else shall have the partition; resolves when it may. */
  release(partition: number): Promise<void>;
}

/**
 * Shares the partitions of a topic among the consumers of one group, so that as a rule one of them has a partition: they tell
 * each other what they want and hold, and each computes the same shares from it. A partition changes hands when its holder has
 * let go of it, or is silent. Nothing depends on it but order and economy: with the network cut in two, both halves may pull,
 * and every message still goes to one of them, and again if that one does not acknowledge it.
 */
export class PartitionShares {
  private readonly neighbours = new Map<string, Neighbour>();
  private readonly held = new Set<number>();
  private readonly releasing = new Set<number>();
  private listening: NatsSubscription | undefined;
  private cancelTick: (() => void) | undefined;
  private isSettled = false;
  private isFrozen = false;
  private hasLeft = false;

  constructor(
    private readonly connection: NatsConnection,
    private readonly timers: Timers,
    private readonly subject: string,
    private readonly member: string,
    private readonly wants: ReadonlySet<number>,
    private readonly owner: Shareholder,
  ) {}

  join(): void {
    this.listening = this.connection.subscribe(this.subject, {
      callback: (error, message) => {
        const announcement = error ? undefined : announcementOf(message.string());
        if (announcement) this.heard(announcement);
      },
    });
    this.announce();
    this.cancelTick = this.timers.after(settleMs, () => {
      this.isSettled = true;
      this.tick();
    });
  }

  /** Takes and releases nothing more, and still holds what it holds. */
  freeze(): void {
    this.isFrozen = true;
  }

  /** The others may have everything that this member held. */
  leave(): void {
    if (this.hasLeft) return;
    this.freeze();
    this.hasLeft = true;
    this.cancelTick?.();
    this.listening?.unsubscribe();
    if (this.listening) this.announce();
  }

  private tick(): void {
    const end = performance.now() - expiryMs;
    for (const [member, { heardAt }] of this.neighbours) if (heardAt < end) this.neighbours.delete(member);
    this.announce();
    this.share();
    this.cancelTick = this.timers.after(heartbeatMs, () => this.tick());
  }

  private heard({ member, wants, holds, isLeaving }: Announcement): void {
    if (member === this.member || this.hasLeft) return;
    if (isLeaving) {
      if (this.neighbours.delete(member)) this.share();
      return;
    }
    const isNew = !this.neighbours.has(member);
    this.neighbours.set(member, { wants: new Set(wants), holds: new Set(holds), heardAt: performance.now() });
    if (isNew) this.announce();
    this.share();
  }

  private share(): void {
    if (!this.isSettled || this.isFrozen) return;
    const members = [{ member: this.member, wants: this.wants }, ...[...this.neighbours].map(([member, { wants }]) => ({ member, wants }))];
    const partitions = new Set(members.flatMap(({ wants }) => [...wants]));
    const owners = assignPartitions([...partitions], members);
    let changed = false;
    for (const partition of this.wants) {
      const isMine = owners.get(partition) === this.member;
      if (this.releasing.has(partition)) continue;
      if (isMine && !this.held.has(partition) && !this.isHeldElsewhere(partition)) {
        this.held.add(partition);
        this.owner.take(partition);
        changed = true;
      } else if (!isMine && this.held.has(partition)) {
        void this.release(partition);
      }
    }
    if (changed) this.announce();
  }

  private async release(partition: number): Promise<void> {
    this.releasing.add(partition);
    await this.owner.release(partition);
    this.releasing.delete(partition);
    this.held.delete(partition);
    if (this.hasLeft) return;
    this.announce();
    this.share();
  }

  private isHeldElsewhere(partition: number): boolean {
    return [...this.neighbours.values()].some(({ holds }) => holds.has(partition));
  }

  private announce(): void {
    const announcement: Announcement = { member: this.member, wants: [...this.wants], holds: [...this.held], isLeaving: this.hasLeft };
    // Lost while the connection is, which the others take for silence.
    if (!this.connection.isClosed()) this.connection.publish(this.subject, JSON.stringify(announcement));
  }
}

/** What anybody may have published; undefined when it is no announcement. */
function announcementOf(text: string): Announcement | undefined {
  try {
    const found = JSON.parse(text) as Partial<Announcement> | null;
    const { member, wants, holds, isLeaving } = found ?? {};
    return typeof member === 'string' && areNumbers(wants) && areNumbers(holds) ? { member, wants, holds, isLeaving: isLeaving === true } : undefined;
  } catch {
    return undefined;
  }
}

function areNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((one) => Number.isInteger(one));
}
