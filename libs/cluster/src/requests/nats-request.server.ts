import { fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import type { Msg, NatsConnection } from '@nats-io/transport-node';
import { type CustomTransportStrategy, NatsContext, ServerNats } from '@nestjs/microservices';
import { Problem } from '@tollkeeper/kernel';
import { inSpan, methodOf, readTrace, requestScope, rpcServerSpan, tooLate, toProblem, withRequestScope, withTrace } from '@tollkeeper/nest-kit';
import { firstValueFrom } from 'rxjs';
import { receiveParts } from './receive-parts.js';
import { answerHeaders, type AnswerStatus, encodeProblem, partBytes, partsOf, readRequestHeaders, type RequestHeaders, type RequestPorts, tooLarge } from './wire.js';

/**
 * Nest's NATS server with our messages. All processes of a service form one queue group per method. It refuses what nobody
 * waits for any more and what is more than it can hold, says that it works while it does, and closes when its work is done.
 */
export class NatsRequestServer extends ServerNats implements CustomTransportStrategy {
  private readonly running = new Set<Promise<void>>();
  private bytesInHand = 0;
  private connected: NatsConnection | undefined;
  private readonly subscribed: { drain(): Promise<void> }[] = [];

  constructor(
    private readonly ports: RequestPorts,
    private readonly queue: string,
  ) {
    super({ queue });
  }

  override createNatsClient(): Promise<NatsConnection> {
    this.connected = this.ports.connection;
    return Promise.resolve(this.ports.connection);
  }

  override bindEvents(connection: NatsConnection): void {
    for (const pattern of this.messageHandlers.keys()) {
      const callback = (error: Error | null, message: Msg): void => void (error ? this.handleError(error.message) : this.take(pattern, message));
      this.subscribed.push(connection.subscribe(pattern, { queue: this.queue, callback }));
    }
  }

  /** Others of the group get what comes from now on; resolves when everything that came is answered. The connection stays open. */
  override async close(): Promise<void> {
    if (!this.connected) return;
    this.connected = undefined;
    await Promise.all(this.subscribed.splice(0).map((subscription) => subscription.drain().catch(() => undefined)));
    while (this.running.size > 0) await Promise.all(this.running);
    await this.ports.connection.flush().catch(() => undefined);
  }

  private take(pattern: string, message: Msg): void {
    if (message.reply === undefined || message.reply === '') return;
    const work = this.serve(pattern, message)
      .catch((error: unknown) => this.handleError(String(error)))
      .finally(() => this.running.delete(work));
    this.running.add(work);
  }

  private async serve(pattern: string, message: Msg): Promise<void> {
    const { clock, timers, limits } = this.ports;
    const given = readRequestHeaders(message);
    const refusal = this.refusal(pattern, given, message);
    if (refusal) return this.respond(message, 'problem', encodeProblem(refusal));
    const held = given.parts > 0 ? given.parts * partBytes(this.ports.connection) : message.data.length;
    this.bytesInHand += held;
    let cancel = (): void => undefined;
    const sayWorking = (): void => {
      cancel = timers.after(limits.workingEveryMs, () => {
        if (this.ports.connection.isClosed() || (given.deadline !== undefined && clock.now() > given.deadline)) return;
        this.respond(message, 'working');
        sayWorking();
      });
    };
    sayWorking();
    try {
      const bytes = given.parts > 0 ? await receiveParts(this.ports, message, given.parts) : message.data;
      this.reply(pattern, message, await this.answer(pattern, message, given, bytes));
    } catch (error) {
      const problem = toProblem(error);
      // What a handler threw is logged where it was thrown, and comes here as a problem.
      if (problem.code === 'internal' && !(error instanceof Problem)) this.handleError(`${pattern}: ${error instanceof Error ? error.stack : String(error)}`);
      this.respond(message, 'problem', encodeProblem(problem));
    } finally {
      cancel();
      this.bytesInHand -= held;
    }
  }

  private refusal(pattern: string, { deadline, parts }: RequestHeaders, message: Msg): Problem | undefined {
    const { clock, limits, connection } = this.ports;
    const method = methodOf(pattern);
    if (!method) return new Problem('internal', `${pattern} is no method of a service.`);
    const late = deadline === undefined ? -1 : clock.now() - deadline;
    if (late >= 0) {
      this.logger.warn(`${pattern} came ${late} ms after its deadline and was left alone`);
      return tooLate(method, late);
    }
    const bytes = parts > 0 ? parts * partBytes(connection) : message.data.length;
    if (bytes > limits.messageBytes + partBytes(connection)) return tooLarge(pattern, bytes, limits.messageBytes);
    if (this.running.size < limits.mostInHand && this.bytesInHand + bytes <= limits.mostBytesInHand) return undefined;
    return new Problem('unavailable', 'This service has more work than it can do now; wait and send the same request again.', { retryAfterS: 1 });
  }

  private async answer(pattern: string, message: Msg, given: RequestHeaders, bytes: Uint8Array): Promise<Message> {
    const method = methodOf(pattern);
    const handler = this.messageHandlers.get(pattern);
    if (!method || !handler) throw new Error(`${pattern} has no handler`);
    const request = decode(() => fromBinary(method.input, bytes), pattern);
    const tenantId = 'tenantId' in request && typeof request.tenantId === 'string' ? request.tenantId : '';
    if (given.testClock !== undefined && tenantId !== '') this.ports.clocks.advance(tenantId, given.testClock);
    const scope = { ...requestScope(), deadline: given.deadline, ...(tenantId === '' ? {} : { tenantId }) };
    const handled = async (): Promise<Message> => firstValueFrom(this.transformToObservable(await handler(request, new NatsContext([pattern, message.headers]))));
    return withTrace(readTrace(given.traceparent), () => inSpan(() => rpcServerSpan(pattern), () => withRequestScope(scope, handled)));
  }

  private reply(pattern: string, message: Msg, answer: Message): void {
    const method = methodOf(pattern);
    if (!method) return;
    const bytes = toBinary(method.output, answer);
    const { messageBytes } = this.ports.limits;
    if (bytes.length > messageBytes) throw tooLarge(pattern, bytes.length, messageBytes);
    const parts = partsOf(bytes, partBytes(this.ports.connection));
    parts.forEach((part, i) => this.respond(message, i < parts.length - 1 ? 'more' : 'ok', part));
  }

  /** A caller that cannot be told sends its request again. */
  private respond(message: Msg, status: AnswerStatus, body?: Uint8Array): void {
    try {
      message.respond(body, { headers: answerHeaders(status) });
    } catch (error) {
      this.handleError(`an answer could not be sent: ${String(error)}`);
    }
  }
}

function decode<T>(read: () => T, pattern: string): T {
  try {
    return read();
  } catch {
    throw new Problem('invalid_request', `The message cannot be read as the request of ${pattern}.`);
  }
}
