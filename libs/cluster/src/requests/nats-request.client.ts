import { type DescMethodUnary, fromBinary, type Message, toBinary } from '@bufbuild/protobuf';
import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { ClientNats, type ReadPacket, type WritePacket } from '@nestjs/microservices';
import { Problem } from '@tollkeeper/kernel';
import { currentTrace, methodOf, requestScope } from '@tollkeeper/nest-kit';
import { decodeProblem, partBytes, partsAtOnce, partsOf, readStatus, requestHeaders, type RequestPorts, tooLarge } from './wire.js';

type Callback = (packet: WritePacket) => void;

const firstWaitMs = 50;
const longestWaitMs = 500;

/**
 * Nest's NATS client with our messages: protobuf binary, problems, deadlines, signs of life, messages of any size. One
 * inbox takes all answers. A request whose server is lost is sent again, which every request allows.
 */
export class NatsRequestClient extends ClientNats {
  private readonly pending = new Map<string, PendingRequest>();
  private readonly inbox = createInbox();
  private subscription: Subscription | undefined;
  private requests = 0;

  constructor(private readonly ports: RequestPorts) {
    super({});
  }

  override connect(): Promise<NatsConnection> {
    this.subscription ??= this.ports.connection.subscribe(`${this.inbox}.*`, {
      callback: (error, message) => {
        if (!error) this.pending.get(message.subject)?.answered(message);
      },
    });
    return Promise.resolve(this.ports.connection);
  }

  /** The connection belongs to the process; whoever waits hears that no answer comes any more. */
  override close(): Promise<void> {
    this.subscription?.unsubscribe();
    for (const request of [...this.pending.values()]) request.fail(unreachable(request.pattern));
    return Promise.resolve();
  }

  protected override publish({ pattern, data }: ReadPacket<Message>, callback: Callback): () => void {
    const name = String(pattern);
    const method = methodOf(name);
    if (!method) throw new Error(`${name} is no method of a service`);
    const request = new PendingRequest(this.ports, method, name, data, callback, {
      await: () => {
        const subject = `${this.inbox}.${(this.requests++).toString(36)}`;
        this.pending.set(subject, request);
        return subject;
      },
      forget: (subject) => void this.pending.delete(subject),
    });
    request.send();
    return () => request.end();
  }

  protected override dispatchEvent(): Promise<never> {
    return Promise.reject(new Error('facts go over the bus port, not over the request transport'));
  }
}

interface Inbox {
  /** A fresh subject, whose messages come to the request. */
  await(): string;
  forget(subject: string): void;
}

/** One request until its answer: which attempt is under way, and what has come of it. */
class PendingRequest {
  private readonly parts: readonly Uint8Array[];
  private readonly bytes: number;
  private readonly headers;
  private readonly begunAt: number;
  private replyTo: string | undefined;
  private reply: Uint8Array[] = [];
  private sentParts = 0;
  private attempts = 0;
  private waitMs = firstWaitMs;
  private cancel: () => void = () => undefined;
  private ended = false;

  constructor(
    private readonly ports: RequestPorts,
    private readonly method: DescMethodUnary,
    readonly pattern: string,
    data: Message,
    private readonly callback: Callback,
    private readonly inbox: Inbox,
  ) {
    const { connection, clock, clocks } = ports;
    const bytes = toBinary(method.input, data);
    this.bytes = bytes.length;
    this.parts = partsOf(bytes, partBytes(connection));
    const tenantId = 'tenantId' in data && typeof data.tenantId === 'string' ? data.tenantId : '';
    this.headers = requestHeaders(requestScope().deadline, currentTrace(), clocks.testClock(tenantId), this.parts.length);
    this.begunAt = clock.now();
  }

  send(): void {
    const { messageBytes } = this.ports.limits;
    if (this.bytes > messageBytes) return this.fail(tooLarge(this.pattern, this.bytes, messageBytes));
    this.forgetAttempt();
    this.attempts++;
    this.reply = [];
    this.sentParts = 0;
    this.replyTo = this.inbox.await();
    const whole = this.parts.length === 1 ? this.parts[0] : undefined;
    try {
      this.ports.connection.publish(this.pattern, whole, { reply: this.replyTo, headers: this.headers });
    } catch {
      return this.fail(unreachable(this.pattern));
    }
    this.awaitSign();
  }

  answered(message: Msg): void {
    if (this.ended) return;
    const status = readStatus(message);
    switch (status) {
      case 'no_servers':
        return this.awaitServer();
      case 'working':
        return this.awaitSign();
      case 'send':
        return this.sendParts(message.reply);
      case 'more':
        this.reply.push(message.data);
        return this.awaitSign();
      case 'ok':
        return this.finish(message.data);
      case 'problem':
        return this.fail(decodeProblem(message.data));
      case 'unknown':
        return this.fail(new Problem('internal', `${this.pattern} was answered in words that this version does not know.`));
    }
  }

  fail(problem: Problem): void {
    this.end();
    this.callback({ err: problem, isDisposed: true });
  }

  /** Nobody waits for it any more. */
  end(): void {
    this.ended = true;
    this.cancel();
    this.forgetAttempt();
  }

  private finish(last: Uint8Array): void {
    this.end();
    try {
      const bytes = this.reply.length === 0 ? last : Buffer.concat([...this.reply, last]);
      this.callback({ response: fromBinary(this.method.output, bytes), isDisposed: true });
    } catch (err) {
      this.callback({ err, isDisposed: true });
    }
  }

  private sendParts(to: string | undefined): void {
    if (to === undefined) return;
    for (const part of this.parts.slice(this.sentParts, this.sentParts + partsAtOnce)) this.ports.connection.publish(to, part);
    this.sentParts += partsAtOnce;
    this.awaitSign();
  }

  /** A server that is restarted is soon there again; a service that is not installed never. */
  private awaitServer(): void {
    if (this.ports.clock.now() - this.begunAt >= this.ports.limits.noServerMs) return this.fail(unreachable(this.pattern));
    // No server had it, so that this attempt does not count as lost.
    this.attempts--;
    this.after(this.waitMs, () => this.send());
    this.waitMs = Math.min(this.waitMs * 2, longestWaitMs);
  }

  private awaitSign(): void {
    const { silenceMs, mostAttempts } = this.ports.limits;
    this.after(silenceMs, () => (this.attempts < mostAttempts ? this.send() : this.fail(unreachable(this.pattern))));
  }

  private after(delayMs: number, work: () => void): void {
    this.cancel();
    this.cancel = this.ports.timers.after(delayMs, work);
  }

  private forgetAttempt(): void {
    if (this.replyTo !== undefined) this.inbox.forget(this.replyTo);
  }
}

function unreachable(pattern: string): Problem {
  return new Problem('unavailable', `No service answers ${pattern} now; try again.`, { retryAfterS: 2 });
}
