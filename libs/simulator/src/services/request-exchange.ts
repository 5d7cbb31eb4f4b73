import { Problem } from '@tollkeeper/kernel';
import { ServiceClient, toProblem } from '@tollkeeper/nest-kit';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { SimProcess } from '../world/process.js';
import type { SimWorld } from '../world/world.js';

export type Handler = (message: unknown) => unknown;

interface Host {
  readonly process: SimProcess;
  readonly handlers: ReadonlyMap<string, Handler>;
}

const patienceMs = 10_000;
/** How often a request stays in its own process, as it does in the embedded composition. */
const staysHome = 0.5;

/** Requests between services, and from the clients outside, over a network that loses them and their answers. */
export class RequestExchange {
  private hosts: Host[] = [];

  constructor(private readonly world: SimWorld) {}

  serve(process: SimProcess, handlers: ReadonlyMap<string, Handler>): void {
    this.hosts = [...this.hosts.filter((host) => !host.process.isDead), { process, handlers }];
  }

  clientOf(process: SimProcess): ServiceClient {
    return new ServiceClient(new SimClientProxy((pattern, data) => this.send(process, pattern, data)));
  }

  /** For those who ask from outside. */
  outside(): ServiceClient {
    return new ServiceClient(new SimClientProxy((pattern, data) => this.send(undefined, pattern, data)));
  }

  private send(from: SimProcess | undefined, pattern: string, data: unknown): Promise<unknown> {
    const { chance, faults, trace } = this.world;
    return new Promise((resolve, reject) => {
      const hosts = this.hosts.filter(({ process, handlers }) => !process.isDead && handlers.has(pattern));
      const home = hosts.find(({ process }) => process === from);
      const host = home && chance.hits(staysHome) ? home : hosts.length > 0 ? chance.pick(hosts) : undefined;
      const back = (settle: () => void): void => {
        if (from) this.world.travel(() => from.deliver(settle));
        else this.world.travel(settle);
      };
      const unavailable = (): void => back(() => reject(new Problem('unavailable', `Nobody answered ${pattern}; try again.`, { retryAfterS: 1 })));
      const name = pattern.slice(pattern.lastIndexOf('.') + 1);
      trace.note(from?.name ?? 'client', `asks ${host?.process.name ?? 'nobody'} ${name}`);
      const isFar = host !== home;
      if (!host || (isFar && faults.hits('requestLost'))) return unavailable();
      const giveUp = isFar ? this.world.scheduler.after(patienceMs, unavailable) : undefined;
      const answer = (settle: () => void): void => {
        if (host.process.isDead) return;
        giveUp?.();
        if (isFar && faults.hits('replyLost')) unavailable();
        else back(settle);
      };
      this.world.travel(() =>
        host.process.deliver(() => {
          void carryOut(host.handlers.get(pattern), data).then(
            (value) => answer(() => resolve(value)),
            (error: unknown) => answer(() => reject(toProblem(error))),
          );
        }),
      );
    });
  }
}

async function carryOut(handler: Handler | undefined, data: unknown): Promise<unknown> {
  return handler?.(data);
}

/** Lets the product's own client speak over the exchange. */
class SimClientProxy extends ClientProxy {
  constructor(private readonly sendOver: (pattern: string, data: unknown) => Promise<unknown>) {
    super();
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}

  override unwrap<T>(): T {
    throw new Error('the simulated transport has no native client');
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    this.sendOver(String(packet.pattern), packet.data).then(
      (response) => callback({ response, isDisposed: true }),
      (err: unknown) => callback({ err, isDisposed: true }),
    );
    return () => {};
  }

  protected dispatchEvent<T>(): Promise<T> {
    throw new Error('facts go over the bus port, not over the request transport');
  }
}
