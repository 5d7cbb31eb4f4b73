import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import { create } from '@bufbuild/protobuf';
import { applyDecorators, UseFilters } from '@nestjs/common';
import { type ClientProxy, MessagePattern } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { ProblemRpcFilter, toProblem } from './problem-rpc.filter.js';

/** The subject that a method of a proto service is asked under: `tollkeeper.rating.v1.RatingService/PutMeter`. */
export function rpcPattern(method: DescMethodUnary): string {
  return `${method.parent.typeName}/${method.name}`;
}

/** Marks a controller's method as the handler of a proto method; problems thrown in it reach the caller whole. */
export function Rpc(method: DescMethodUnary): MethodDecorator {
  return applyDecorators(MessagePattern(rpcPattern(method)), UseFilters(ProblemRpcFilter));
}

/** Asks other services. One for all of them, over whatever transport the composition chose. */
export class ServiceClient {
  constructor(private readonly proxy: ClientProxy) {}

  /** @throws Problem whatever the service answered, or `unavailable` when it cannot be reached. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    try {
      return await firstValueFrom(this.proxy.send<MessageShape<O>>(rpcPattern(method), create(method.input, input)));
    } catch (error) {
      throw toProblem(error);
    }
  }
}
