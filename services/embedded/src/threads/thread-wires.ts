import type { Wire } from '@tollkeeper/bus-thread';

/** What a worker and its parent both are to each other. */
export interface ThreadPort {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: unknown) => void): unknown;
}

interface Crossing {
  readonly wire: string;
  readonly message: unknown;
}

/**
 * Several wires over the one port between two threads, so that the order holds between them too: a test clock that was advanced
 * before a request was sent is advanced before that request is answered. What comes before somebody listens waits.
 */
export class ThreadWires {
  private readonly listeners = new Map<string, (message: unknown) => void>();
  private readonly early = new Map<string, unknown[]>();

  constructor(private readonly port: ThreadPort) {
    port.on('message', (crossing) => this.take(crossing as Crossing));
  }

  wire(name: string): Wire {
    return {
      send: (message, transfer = []) => this.port.postMessage({ wire: name, message } satisfies Crossing, transfer),
      listen: (listener) => {
        this.listeners.set(name, listener);
        for (const message of this.early.get(name) ?? []) listener(message);
        this.early.delete(name);
      },
    };
  }

  private take({ wire, message }: Crossing): void {
    const listener = this.listeners.get(wire);
    if (listener) return listener(message);
    const early = this.early.get(wire);
    if (early) early.push(message);
    else this.early.set(wire, [message]);
  }
}
