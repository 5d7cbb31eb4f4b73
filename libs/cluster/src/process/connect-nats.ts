import { connect, type NatsConnection, type NodeConnectionOptions } from '@nats-io/transport-node';

const reconnectWaitMs = 250;
const pingIntervalMs = 10_000;

/**
 * Connects, and stays connected: a connection that is lost is made again for as long as the process runs. Credentials may
 * stand in an address, as `nats://user:password@host:4222` or `nats://token@host:4222`; `tls://` asks for TLS.
 */
export function connectNats(servers: readonly string[], name: string): Promise<NatsConnection> {
  return connect({ ...natsOptions(servers), name });
}

export function natsOptions(servers: readonly string[]): NodeConnectionOptions & { readonly servers: string[] } {
  const addresses = servers.map((server) => new URL(server));
  const [{ username, password } = { username: '', password: '' }] = addresses;
  const user = decodeURIComponent(username);
  return {
    servers: addresses.map(({ hostname, port }) => `${hostname}:${port === '' ? '4222' : port}`),
    ...(username === '' ? {} : password === '' ? { token: user } : { user, pass: decodeURIComponent(password) }),
    ...(addresses.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectWaitMs,
    // A server that hangs, or a machine that is gone, is noticed after two pings.
    pingInterval: pingIntervalMs,
    maxPingOut: 2,
  };
}
