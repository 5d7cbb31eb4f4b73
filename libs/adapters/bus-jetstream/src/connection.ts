import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';

/** Older servers lose acknowledged messages in ways that were mended in this one. */
const oldestServer = [2, 12, 3] as const;

/** The server cannot carry the bus; nothing was changed there. */
export class NatsServerUnfit extends Error {
  override readonly name = 'NatsServerUnfit';
}

/** Connects, and stays connected: reconnects for ever, to any server of the cluster. */
export async function connectToNats(options: NodeConnectionOptions): Promise<NatsConnection> {
  const connection = await connect({
    // A server that hangs is left for another one after 15 s at most.
    pingInterval: 5_000,
    maxPingOut: 2,
    reconnectTimeWait: 250,
    reconnectJitter: 250,
    ignoreAuthErrorAbort: true,
    noAsyncTraces: true,
    ...options,
    maxReconnectAttempts: -1,
  });
  const { info } = connection;
  const problem = !info?.jetstream
    ? 'has no JetStream: start it with a jetstream section (and sync_interval: always)'
    : isOlder(info.version)
      ? `is version ${info.version}: the bus needs ${oldestServer.join('.')} or newer`
      : undefined;
  if (problem) {
    await connection.close();
    throw new NatsServerUnfit(`the NATS server at ${connection.getServer()} ${problem}`);
  }
  return connection;
}

function isOlder(version: string): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, least] of oldestServer.entries()) {
    const part = parts[index] ?? 0;
    if (part !== least) return part < least;
  }
  return false;
}
