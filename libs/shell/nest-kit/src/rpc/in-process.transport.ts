import { ClientProxy, type CustomTransportStrategy, type ReadPacket, Server, type WritePacket } from '@nestjs/microservices';
import { Problem } from '@tollkeeper/kernel';
import { rpcServerSpan } from '../telemetry/rpc-spans.js';
import { startSpan } from '../telemetry/spans.js';
import { withTrace } from '../trace/trace-context.js';

/**
 * Requests between services that share a process: the same message patterns as over NATS, handed over by reference.
 * Messages are read-only by convention of the proto types.
 */
export class InProcessServer extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback();
  }

  close(): void {
    this.messageHandlers.clear();
  }

  override on(): never {
    throw new Error('the in-process transport has no connection events');
  }

  override unwrap<T>(): T {
    throw new Error('the in-process transport has no native server');
  }

  /** Runs the handler of a pattern and gives its only answer to `callback`. */
  handle(pattern: string, data: unknown, callback: (packet: WritePacket) => void): Promise<void> {
    const span = startSpan(() => rpcServerSpan(pattern));
    if (!span) return this.answer(pattern, data, callback);
    const answered = (packet: WritePacket): void => {
      span.end(packet.err);
      callback(packet);
    };
    const failed = (error: unknown): never => {
      span.end(error);
      throw error;
    };
    return withTrace(span.trace, () => this.answer(pattern, data, answered).catch(failed));
  }

  private async answer(pattern: string, data: unknown, callback: (packet: WritePacket) => void): Promise<void> {
    // Our patterns are plain texts, registered as they are: Nest's own look-up would first try to read each as JSON.
    const handler = this.messageHandlers.get(pattern);
    if (!handler) {
      callback({ err: new Problem('unavailable', `No service answers ${pattern} now; try again.`, { retryAfterS: 1 }), isDisposed: true });
      return;
    }
    this.transformToObservable(await handler(data)).subscribe({
      next: (response: unknown) => callback({ response, isDisposed: true }),
      error: (err: unknown) => callback({ err, isDisposed: true }),
    });
  }
}

export class InProcessClient extends ClientProxy {
  constructor(private readonly server: InProcessServer) {
    super();
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}

  override unwrap<T>(): T {
    throw new Error('the in-process transport has no native client');
  }

  protected publish(packet: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    this.server.handle(String(packet.pattern), packet.data, callback).catch((err: unknown) => callback({ err, isDisposed: true }));
    return () => {};
  }

  protected dispatchEvent<T>(): Promise<T> {
    throw new Error('facts go over the bus port, not over the request transport');
  }
}
