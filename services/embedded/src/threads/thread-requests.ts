import { fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { ClientProxy, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import type { Wire } from '@tollkeeper/bus-thread';
import { type InProcessServer, currentTrace, methodOf, readTrace, toProblem, withTrace } from '@tollkeeper/nest-kit';
import type { Observable } from 'rxjs';

interface ThreadRequest {
  readonly call: number;
  readonly pattern: string;
  readonly bytes: Uint8Array;
  readonly traceparent: string | undefined;
}

type ThreadAnswer =
  | { readonly call: number; readonly status: 'done'; readonly bytes: Uint8Array }
  | { readonly call: number; readonly status: 'failed'; readonly problem: { readonly code: string; readonly detail: string; readonly extra: object } };

/** Answers requests of another thread with the services of this one. */
export function serveRequests(wire: Wire, server: InProcessServer): void {
  wire.listen((message) => {
    const { call, pattern, bytes, traceparent } = message as ThreadRequest;
    const method = methodOf(pattern);
    const failed = (error: unknown) => {
      const { code, detail, extra } = toProblem(error);
      wire.send({ call, status: 'failed', problem: { code, detail, extra } } satisfies ThreadAnswer);
    };
    if (!method) return failed(new RangeError(`${pattern} is no method of a service`));
    const answer = ({ err, response }: WritePacket) => {
      if (err !== undefined) return failed(err);
      wire.send({ call, status: 'done', bytes: toBinary(method.output, response as Message) } satisfies ThreadAnswer);
    };
    withTrace(readTrace(traceparent), () => void server.handle(pattern, fromBinary(method.input, bytes), answer).catch(failed));
  });
}

/** Requests to services in another thread. */
export class ThreadClient extends ClientProxy {
  private readonly calls = new Map<number, (answer: ThreadAnswer) => void>();
  private lastCall = 0;

  constructor(private readonly wire: Wire) {
    super();
    wire.listen((message) => {
      const answer = message as ThreadAnswer;
      const waiting = this.calls.get(answer.call);
      this.calls.delete(answer.call);
      waiting?.(answer);
    });
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}

  override unwrap<T>(): T {
    throw new Error('the transport between threads has no native client');
  }

  protected publish({ pattern, data }: ReadPacket, callback: (packet: WritePacket) => void): () => void {
    const name = String(pattern);
    const method = methodOf(name);
    if (!method) throw new RangeError(`${name} is no method of a service`);
    const call = ++this.lastCall;
    this.calls.set(call, (answer) => {
      if (answer.status === 'failed') callback({ err: answer.problem, isDisposed: true });
      else callback({ response: fromBinary(method.output, answer.bytes), isDisposed: true });
    });
    const traceparent = currentTrace()?.traceparent;
    this.wire.send({ call, pattern: name, bytes: toBinary(method.input, data as Message), traceparent } satisfies ThreadRequest);
    return () => this.calls.delete(call);
  }

  protected dispatchEvent<T>(): Promise<T> {
    throw new Error('facts go over the bus port, not over the request transport');
  }
}

/** Sends each request to where its service runs. */
export class RoutedClient extends ClientProxy {
  constructor(private readonly clientOf: (pattern: string) => ClientProxy) {
    super();
  }

  override send<R = unknown, I = unknown>(pattern: unknown, data: I): Observable<R> {
    return this.clientOf(String(pattern)).send<R, I>(pattern, data);
  }

  connect(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}

  override unwrap<T>(): T {
    throw new Error('the routed client has no native client');
  }

  protected publish(): () => void {
    throw new Error('the routed client only passes requests on');
  }

  protected dispatchEvent<T>(): Promise<T> {
    throw new Error('facts go over the bus port, not over the request transport');
  }
}
