import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { applyDecorators, UseFilters } from '@nestjs/common';
import { type ClientProxy, MessagePattern } from '@nestjs/microservices';
import { type Clock, Problem } from '@tollkeeper/kernel';
import type { Timers } from '@tollkeeper/ports';
import { firstValueFrom, merge, Observable } from 'rxjs';
import { rpcClientSpan } from '../telemetry/rpc-spans.js';
import { inSpan, isTracing } from '../telemetry/spans.js';
import { ProblemRpcFilter, toProblem } from './problem-rpc.filter.js';
import { requestScope, withRequestScope } from './request-scope.js';

/** The subject that a method of a proto service is asked under: `tollkeeper.rating.v1.RatingService/PutMeter`. */
export function rpcPattern(method: DescMethodUnary): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** Marks a controller's method as the handler of a proto method; problems thrown in it reach the caller whole. */
export function Rpc(method: DescMethodUnary): MethodDecorator {
  return applyDecorators(MessagePattern(rpcPattern(method)), UseFilters(ProblemRpcFilter));
}

/** How long a client waits for answers. A composition within one process needs none: nothing can be lost on the way. */
export interface Patience {
  readonly clock: Clock;
  readonly timers: Timers;
  /** Milliseconds that a request of this method may take; less when the request that asks for it has less left. */
  readonly timeoutOf: (method: DescMethodUnary) => number;
}

/** Asks other services. One for all of them, over whatever transport the composition chose. */
export class ServiceClient {
  constructor(
    private readonly proxy: Pick<ClientProxy, 'send'>,
    private readonly patience?: Patience,
  ) {}

  /**
   * Every request may be sent twice: it carries a cause, or changes nothing.
   * @throws Problem whatever the service answered, or `unavailable` when it cannot be reached or does not answer in time.
   */
  call<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, input: MessageInitShape<I>): Promise<MessageShape<O>> {
    if (!isTracing()) return this.ask(method, input);
    return inSpan(() => rpcClientSpan(rpcPattern(method)), () => this.ask(method, input));
  }

  private async ask<I extends DescMessage, O extends DescMessage>(method: DescMethodUnary<I, O>, input: MessageInitShape<I>): Promise<MessageShape<O>> {
    try {
      const message = create(method.input, input);
      if (this.patience) return await this.callInTime(this.patience, method, message);
      return await firstValueFrom(this.proxy.send<MessageShape<O>>(rpcPattern(method), message));
    } catch (error) {
      throw toProblem(error);
    }
  }

  private callInTime<O extends DescMessage>(
    { clock, timers, timeoutOf }: Patience,
    method: DescMethodUnary<DescMessage, O>,
    message: MessageShape<DescMessage>,
  ): Promise<MessageShape<O>> {
    const now = clock.now();
    const scope = requestScope();
    const deadline = Math.min(now + timeoutOf(method), scope.deadline ?? Number.POSITIVE_INFINITY);
    if (deadline <= now) throw tooLate(method);
    const giveUp = new Observable<never>((answer) => timers.after(deadline - now, () => answer.error(tooLate(method))));
    return withRequestScope({ ...scope, deadline }, () => {
      // Whichever comes first ends the other: a transport stops waiting when nobody listens any more.
      return firstValueFrom(merge(this.proxy.send<MessageShape<O>>(rpcPattern(method), message), giveUp));
    });
  }
}

/** Nothing is known of what was asked for: it may be done, or be done later. The same request tells. */
export function tooLate(method: DescMethodUnary, lateMs?: number): Problem {
  const late = lateMs === undefined ? '' : ` It arrived ${Math.ceil(lateMs / 1000)} s after its deadline; compare the clocks of the machines.`;
  return new Problem('unavailable', `${rpcPattern(method)} was not answered in time.${late} Send the same request again.`, { retryAfterS: 2 });
}
