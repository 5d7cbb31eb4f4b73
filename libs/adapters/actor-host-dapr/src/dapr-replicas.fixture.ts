import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalActorHost } from '@tollkeeper/actor-host-local';
import type { ActorHost } from '@tollkeeper/ports';
import { type Daprd, type RealServer, startDaprd, startPlacement, startScheduler } from '@tollkeeper/testing';
import { DaprActorHost, type DaprActorHostOptions } from './dapr-actor-host.js';

/** Dapr's own servers, and the sidecars that joined. */
export interface DaprUnderTest {
  readonly folder: string;
  readonly placement: RealServer;
  readonly sidecars: Daprd[];
  /** One more sidecar: of a replica, whose health it may watch, or of a process that only calls. */
  join(appPort?: number, options?: { readonly watchApp: boolean }): Promise<Daprd>;
  close(): Promise<void>;
}

export async function startDapr(): Promise<DaprUnderTest> {
  const folder = await mkdtemp(join(tmpdir(), 'tollkeeper-actors-'));
  const [placement, scheduler] = await Promise.all([startPlacement({ folder }), startScheduler({ folder })]);
  const sidecars: Daprd[] = [];
  return {
    folder,
    placement,
    sidecars,
    join: async (appPort, { watchApp } = { watchApp: false }) => {
      const appId = appPort === undefined ? 'callers' : 'accounts';
      const sidecar = await startDaprd({ folder, appId, placement, scheduler, ...(appPort !== undefined && { appPort, watchApp }) });
      sidecars.push(sidecar);
      return sidecar;
    },
    close: async () => {
      for (const sidecar of sidecars) sidecar.resume();
      await Promise.all([...sidecars, placement, scheduler].map((server) => server.stop()));
      await rm(folder, { recursive: true, force: true });
    },
  };
}

let started = 0;

/** A host as a process of its own would have it; each has another id. */
export function replicaOf(sidecarPort: number, options: Partial<DaprActorHostOptions> = {}): DaprActorHost {
  started += 1;
  return new DaprActorHost({ within: new LocalActorHost(), sidecarPort, hostId: `replica-${started}`, ...options });
}

/** Two replicas, seen from one of them; whichever Dapr chooses does the work. */
export function twoReplicas(left: DaprActorHost, right: DaprActorHost): ActorHost {
  return {
    register: (contract, method) => [left, right].forEach((host) => host.register(contract, method)),
    onDeactivate: (type, drop) => [left, right].forEach((host) => host.onDeactivate(type, drop)),
    callMany: (contract, calls) => left.callMany(contract, calls),
    call: (contract, id, input) => left.call(contract, id, input),
    close: async () => {
      await left.close();
      await right.close();
    },
  };
}
