import type { Delivery } from '@tollkeeper/ports';
import type { GroupMember } from './topic-state.js';

/** A message on its way through one group. */
export interface OpenMessage extends Delivery<unknown> {
  readonly position: number;
  /** Position of the frame that it stands in. */
  readonly frame: number;
}

/** What a restart needs to know about a group's place in a partition. */
export interface StoredProgress {
  /** Position of the last message handed out, -1 before the first. */
  readonly handed: number;
  /** Positions up to there that are not acknowledged. */
  readonly holes: readonly number[];
}

/** Where one group stands in one partition of a topic. Positions are those of messages, see frame.ts. */
export class PartitionProgress {
  /** Messages up to here were read into memory or handed out. */
  read: number;
  handed: number;
  /** The next frame with unread messages is not before this. */
  readFrom = 0;
  /** Messages not acknowledged before the last start, at or before `handed`; they must be read again. */
  readonly holes: Set<number>;
  holesFrom = Infinity;
  /** Messages in memory and not acknowledged, in the order of their positions. */
  readonly open = new Set<OpenMessage>();
  /** Messages that the group has not acknowledged. */
  outstanding = 0;
  /** Whoever hands out this partition now. */
  owner: GroupMember | undefined;
  changed = true;
  private unreadAtStart = 0;

  constructor(
    readonly partition: number,
    stored: StoredProgress,
  ) {
    this.handed = stored.handed;
    this.read = stored.handed;
    this.holes = new Set(stored.holes);
  }

  /** Must be told of every frame of the partition after a start, in order, so that it knows what is still there. */
  recover(frame: number, count: number, seen: Set<number>): void {
    const last = frame + count - 1;
    if (last > this.handed) {
      if (this.unreadAtStart === 0) this.readFrom = frame;
      const fresh = last - Math.max(this.handed, frame - 1);
      this.unreadAtStart += fresh;
      this.outstanding += fresh;
    }
    for (const hole of this.holes) {
      if (hole < frame || hole > last) continue;
      this.holesFrom = Math.min(this.holesFrom, frame);
      this.outstanding++;
      seen.add(hole);
    }
  }

  /** Holes whose messages are not in the log any more are not waited for. */
  keepHoles(seen: ReadonlySet<number>): void {
    for (const hole of this.holes) if (!seen.has(hole)) this.holes.delete(hole);
  }

  isUnread(newest: number): boolean {
    return newest > this.read || this.holes.size > 0;
  }

  /** The first frame that may hold an unread message; Infinity when there is none. */
  nextFrame(newest: number): number {
    return Math.min(this.holes.size > 0 ? this.holesFrom : Infinity, newest > this.read ? this.readFrom : Infinity);
  }

  /** The first frame that the group still needs; Infinity when it has acknowledged everything. */
  needsFrom(newest: number): number {
    const [oldest] = this.open;
    return Math.min(oldest?.frame ?? Infinity, this.nextFrame(newest));
  }

  acknowledged(message: OpenMessage): boolean {
    if (!this.open.delete(message)) return false;
    this.outstanding--;
    this.changed = true;
    return true;
  }

  handedOut(message: OpenMessage): void {
    if (message.position > this.handed) this.handed = message.position;
    this.changed = true;
  }

  /** Forgets what was read but not handed out: whoever goes on reads it again. */
  unread(): void {
    for (const message of this.open) {
      if (message.position <= this.handed) continue;
      this.open.delete(message);
      this.readFrom = Math.min(this.readFrom, message.frame);
    }
    this.read = this.handed;
  }

  stored(): StoredProgress {
    const holes = [...this.holes];
    for (const message of this.open) {
      if (message.position > this.handed) break;
      holes.push(message.position);
    }
    return { handed: this.handed, holes };
  }
}
