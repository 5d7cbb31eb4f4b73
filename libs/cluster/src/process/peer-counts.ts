import { type NatsConnection, nuid } from '@nats-io/transport-node';

/** Counts by name that the processes of one service tell each other. */
export interface PeerCounts {
  tell(counts: ReadonlyMap<string, number>): void;
  /** Calls with what others told; not with one's own. */
  hear(listener: (counts: ReadonlyMap<string, number>) => void): void;
}

type Told = { readonly from: string; readonly counts: readonly (readonly [string, number])[] };

/** Over NATS, at most once: what is lost is missing from a count. */
export function peerCounts(connection: NatsConnection, service: string): PeerCounts {
  const self = nuid.next();
  const subject = `tollkeeper.counts.${service}`;
  return {
    tell(counts) {
      if (!connection.isClosed()) connection.publish(subject, JSON.stringify({ from: self, counts: [...counts] } satisfies Told));
    },
    hear(listener) {
      connection.subscribe(subject, {
        callback: (error, message) => {
          if (error) return;
          const { from, counts } = message.json<Told>();
          if (from !== self) listener(new Map(counts));
        },
      });
    },
  };
}
