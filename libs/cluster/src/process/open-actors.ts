import { type ActorTracing, DaprActorHost } from '@tollkeeper/actor-host-dapr';
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import { nuid } from '@nats-io/transport-node';
import { currentTrace, inSpan, readTrace, withTrace } from '@tollkeeper/nest-kit';
import type { ActorHost } from '@tollkeeper/ports';
import { actorServerSpan } from '@tollkeeper/telemetry';
import type { ClusterSettings } from '../settings/settings.js';
import { machineTimers } from './machine.js';

/** Where accounts are active, and what it has to know of the life of the process. */
export interface ProcessActors extends ActorHost {
  /** The process can take calls for the actors that it has registered. */
  take(): Promise<void>;
  /** The process will end soon; its accounts should be active elsewhere. */
  withdraw(): void;
  /** For readiness; absent where nothing outside this process is needed. Rejects with the reason. */
  readonly check?: () => Promise<void>;
}

/**
 * Accounts as Dapr actors where there is a sidecar: each is active in one process. Without one, each replica activates the accounts
 * that its partitions bring, and two activations of one account are kept right by the append rule of its chain.
 */
export function openActors(settings: ClusterSettings): ProcessActors {
  const local = new LocalActorHost();
  const { daprHttpPort: sidecarPort, daprApiToken, appPort, instance } = settings;
  if (sidecarPort === undefined) return delegatingTo(local, { take: () => Promise.resolve(), withdraw: () => undefined });
  const host = new DaprActorHost({
    within: local,
    sidecarPort,
    hostId: `${instance}/${nuid.next()}`,
    timers: machineTimers,
    tracing: actorTracing,
    ...(daprApiToken !== undefined && { apiToken: daprApiToken }),
  });
  const hasActors = (): boolean => host.actorTypes.length > 0;
  return delegatingTo(host, {
    take: async () => {
      if (hasActors()) await host.listen(appPort);
    },
    withdraw: () => host.withdraw(),
    check: async () => {
      if (hasActors()) await host.check();
    },
  });
}

function delegatingTo(host: ActorHost, life: Omit<ProcessActors, keyof ActorHost>): ProcessActors {
  return {
    register: (contract, method) => host.register(contract, method),
    onDeactivate: (type, drop) => host.onDeactivate(type, drop),
    callMany: (contract, calls) => host.callMany(contract, calls),
    call: (contract, id, input) => host.call(contract, id, input),
    close: () => host.close(),
    ...life,
  };
}

const actorTracing: ActorTracing = {
  current: () => currentTrace()?.traceparent,
  within: (traceparent, { actorType, method }, work) => withTrace(readTrace(traceparent), () => inSpan(() => actorServerSpan(actorType, method), work)),
};
