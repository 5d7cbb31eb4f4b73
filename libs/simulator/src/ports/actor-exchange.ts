import type { ActorMethod } from '@tollkeeper/ports';
import type { SimProcess } from '../world/process.js';

interface Registered {
  readonly process: SimProcess;
  readonly method: ActorMethod<unknown, unknown>;
}

/** Who answers for which actors. An actor lives where its id falls among the processes that can host it. */
export class ActorExchange {
  private readonly methods = new Map<string, Registered[]>();
  private readonly drops = new Map<string, { readonly process: SimProcess; readonly drop: (id: string) => void }[]>();

  register(name: string, process: SimProcess, method: ActorMethod<unknown, unknown>): void {
    this.methods.set(name, [...(this.methods.get(name) ?? []), { process, method }]);
  }

  onDeactivate(actorType: string, process: SimProcess, drop: (id: string) => void): void {
    this.drops.set(actorType, [...(this.drops.get(actorType) ?? []), { process, drop }]);
  }

  /** Where a call goes: to the actor's home, or by chance (a table that is out of date) to any process that could host it. */
  find(name: string, id: string, astray: ((among: readonly Registered[]) => Registered) | undefined): Registered | undefined {
    const hosts = (this.methods.get(name) ?? []).filter(({ process }) => !process.isDead);
    if (hosts.length === 0) return undefined;
    if (astray) return astray(hosts);
    const reachable = hosts.filter(({ process }) => process.isRunning);
    let sum = 0;
    for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0;
    return reachable[sum % Math.max(reachable.length, 1)];
  }

  /** The process hosts nothing any more. */
  leaveAll(process: SimProcess): void {
    for (const [name, hosts] of this.methods) this.methods.set(name, hosts.filter((host) => host.process !== process));
    for (const [type, drops] of this.drops) this.drops.set(type, drops.filter((one) => one.process !== process));
  }

  drop(actorType: string, id: string, process: SimProcess): void {
    for (const one of this.drops.get(actorType) ?? []) if (one.process === process) one.drop(id);
  }
}
