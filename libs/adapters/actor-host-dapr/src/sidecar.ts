import { Agent, type IncomingMessage, request } from 'node:http';
import { ActorUnreachable, type Timers } from '@tollkeeper/ports';

export interface SidecarOptions {
  /** Port of the sidecar's HTTP API on this machine. */
  readonly port: number;
  /** Sent along when the sidecar asks for one (`DAPR_API_TOKEN`). */
  readonly apiToken: string | undefined;
  /** How long an invocation may take, with what it waits for in sidecars. */
  readonly callTimeoutMs: number;
  readonly timers: Timers;
}

/** More wait here for one another rather than in the sidecar. */
const mostConnections = 256;
const checkTimeoutMs = 1_500;

/** Not `traceparent`: in that header sidecars write what they record themselves, which is nothing unless they are told to. */
export const traceHeader = 'tollkeeper-traceparent';

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** The HTTP API of the sidecar of this process. */
export class Sidecar {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: mostConnections });

  constructor(private readonly options: SidecarOptions) {}

  /**
   * Has Dapr find the actor and its process answer. Dapr itself sends an invocation again when a sidecar is lost or an actor moves.
   * @throws ActorUnreachable: nothing is known of the invocation
   */
  async invoke(actorType: string, actorId: string, method: string, body: Uint8Array, traceparent?: string): Promise<Uint8Array> {
    const path = `/v1.0/actors/${encodeURIComponent(actorType)}/${actorId}/method/${encodeURIComponent(method)}`;
    const { status, body: answer } = await this.ask('PUT', path, this.options.callTimeoutMs, body, traceparent);
    if (status === 200) return answer;
    const limit = status === 413 ? '; set max-body-size (annotation dapr.io/max-body-size) to 4Mi or more on all sidecars' : '';
    throw new ActorUnreachable(`the sidecar answered ${status} for ${actorType} ${actorId}: ${answer.toString('utf8').slice(0, 500)}${limit}`);
  }

  /** Rejects with the reason while calls cannot be routed; for one that hosts actors also while Dapr gives it none. */
  async check(hosts: boolean): Promise<void> {
    const { status, body } = await this.ask('GET', '/v1.0/metadata', checkTimeoutMs);
    if (status !== 200) throw new Error(`the sidecar answered ${status}`);
    const { actorRuntime } = JSON.parse(body.toString('utf8')) as { readonly actorRuntime?: { readonly hostReady?: boolean; readonly placement?: string } };
    if (!hosts || actorRuntime?.hostReady === true) return;
    throw new Error(`Dapr gives this process no actors (${actorRuntime?.placement || 'its placement is not known'})`);
  }

  close(): void {
    this.agent.destroy();
  }

  private ask(method: string, path: string, timeoutMs: number, body?: Uint8Array, traceparent?: string): Promise<Answer> {
    const { port, apiToken, timers } = this.options;
    const headers = {
      ...(body && { 'content-type': 'application/octet-stream', 'content-length': body.length }),
      ...(apiToken !== undefined && { 'dapr-api-token': apiToken }),
      ...(traceparent !== undefined && { [traceHeader]: traceparent }),
    };
    return new Promise((resolve, reject) => {
      const asked = request({ agent: this.agent, host: '127.0.0.1', port, method, path, headers });
      const cancel = timers.after(timeoutMs, () => asked.destroy(new Error(`no answer within ${timeoutMs} ms`)));
      const fail = (error: Error): void => {
        cancel();
        reject(new ActorUnreachable(`the sidecar on port ${port}: ${error.message}`, { cause: error }));
      };
      asked.on('error', fail);
      asked.once('response', (response) => {
        bodyOf(response).then((answer) => {
          cancel();
          resolve({ status: response.statusCode ?? 0, body: answer });
        }, fail);
      });
      asked.end(body);
    });
  }
}

async function bodyOf(response: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
