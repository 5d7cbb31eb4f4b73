import { SpanKind } from '@opentelemetry/api';
import { inSpan, type SpanDescription } from '@tollkeeper/nest-kit';
import type { ActorCall, ActorHost, ActorMethod, ActorMethodContract, ActorReply } from '@tollkeeper/ports';

/** A span for calls of actors, as many as go together. Actors are not named: their ids may be a person's device. */
export class TracedActorHost implements ActorHost {
  constructor(private readonly actors: ActorHost) {}

  register<I, O>(contract: ActorMethodContract<I, O>, method: ActorMethod<I, O>): void {
    this.actors.register(contract, method);
  }

  onDeactivate(actorType: string, drop: (id: string) => void): void {
    this.actors.onDeactivate(actorType, drop);
  }

  callMany<I, O>(contract: ActorMethodContract<I, O>, calls: readonly ActorCall<I>[]): Promise<readonly ActorReply<O>[]> {
    return inSpan(() => callSpan(contract, calls.length), () => this.actors.callMany(contract, calls));
  }

  call<I, O>(contract: ActorMethodContract<I, O>, id: string, input: I): Promise<O> {
    return inSpan(() => callSpan(contract, 1), () => this.actors.call(contract, id, input));
  }

  close(): Promise<void> {
    return this.actors.close();
  }
}

/** Of calls from another process. */
export function actorServerSpan(actorType: string, method: string): SpanDescription {
  return { name: `${actorType}/${method}`, kind: SpanKind.SERVER, attributes: { 'rpc.system.name': 'actor', 'rpc.method': `${actorType}/${method}` } };
}

function callSpan({ actorType, method }: { readonly actorType: string; readonly method: string }, calls: number): SpanDescription {
  return {
    name: `${actorType}/${method}`,
    kind: SpanKind.CLIENT,
    attributes: { 'rpc.system.name': 'actor', 'rpc.method': `${actorType}/${method}`, 'tollkeeper.actor.calls': calls },
  };
}
