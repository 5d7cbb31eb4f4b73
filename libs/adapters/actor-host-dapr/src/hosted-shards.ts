/** A shard that Dapr has given to this process, and what its accounts may have cached here. */
export interface HostedShard {
  /** Accounts that had a call; what they cached must be dropped when the shard leaves. */
  readonly ids: Set<string>;
  /** Resolves when what the shard's previous stay in this process cached is dropped. */
  readonly entered: Promise<void>;
  running: number;
}

interface Stay extends HostedShard {
  /** Set when Dapr takes the shard away. */
  leave?: () => void;
}

/** The shards of one actor type that are active in this process. Dapr says when one leaves; that it is here, a request shows. */
export class HostedShards {
  private readonly here = new Map<string, Stay>();
  /** Shards that left while calls of theirs run, until those are done. */
  private readonly leaving = new Map<string, Promise<void>>();

  constructor(private readonly drop: (id: string) => void) {}

  find(name: string): HostedShard | undefined {
    return this.here.get(name);
  }

  /** Dapr sent a request for it: so it is here. */
  enter(name: string): HostedShard {
    const known = this.here.get(name);
    if (known) return known;
    const stay: Stay = { ids: new Set(), entered: this.leaving.get(name) ?? Promise.resolve(), running: 0 };
    this.here.set(name, stay);
    return stay;
  }

  begin(shard: HostedShard): void {
    shard.running++;
  }

  end(shard: Stay): void {
    if (--shard.running === 0) shard.leave?.();
  }

  /** Nothing is kept any more for an account. */
  forget(name: string, id: string): void {
    this.here.get(name)?.ids.delete(id);
  }

  /** What the shard's accounts cached is dropped: now, or when the calls that run are done. */
  leave(name: string): void {
    const stay = this.here.get(name);
    if (!stay) return;
    this.here.delete(name);
    if (stay.running === 0) return this.dropAll(stay);
    const left = new Promise<void>((resolve) => {
      stay.leave = () => {
        this.dropAll(stay);
        if (this.leaving.get(name) === left) this.leaving.delete(name);
        resolve();
      };
    });
    this.leaving.set(name, left);
  }

  leaveAll(): void {
    for (const name of [...this.here.keys()]) this.leave(name);
  }

  private dropAll({ ids }: Stay): void {
    for (const id of ids) this.drop(id);
    ids.clear();
  }
}
