import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What sidecars do, without their servers: brings a request to the app that hosts the actor, one at a time for each actor. */
export class FakeDapr {
  /** Requests that were sent, as `type shard method`. */
  readonly requests: string[] = [];
  /** Ports of the apps. */
  readonly apps: number[] = [];
  private readonly http: Server;
  private readonly turns = new Map<string, Promise<unknown>>();
  private readonly moved = new Map<string, number>();

  private constructor() {
    this.http = createServer((request, response) => {
      void (async () => {
        const chunks: Buffer[] = [];
        for await (const chunk of request) chunks.push(chunk as Buffer);
        const [, type = '', actor = '', method = ''] = /^\/v1\.0\/actors\/([^/]+)\/([^/]+)\/method\/([^/]+)$/.exec(request.url ?? '') ?? [];
        this.requests.push(`${type} ${actor} ${method}`);
        const answer = await this.inTurn(`${type} ${actor}`, () => this.forward(type, actor, method, Buffer.concat(chunks)));
        response.writeHead(answer.status, { 'content-type': 'application/octet-stream' }).end(answer.body);
      })();
    });
  }

  static async start(): Promise<FakeDapr> {
    const fake = new FakeDapr();
    await new Promise<void>((resolve) => fake.http.listen(0, '127.0.0.1', resolve));
    return fake;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  appOf(actor: string): number {
    return this.moved.get(actor) ?? this.apps[Number(/^\d+/.exec(actor)?.[0]) % this.apps.length] ?? 0;
  }

  /** Moves an actor to another app; the one that it leaves is told. */
  async move(type: string, actor: string, app: number): Promise<void> {
    const before = this.appOf(actor);
    this.moved.set(actor, app);
    await fetch(`http://127.0.0.1:${before}/actors/${type}/${actor}`, { method: 'DELETE' });
  }

  async close(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }

  private async inTurn<T>(actor: string, work: () => Promise<T>): Promise<T> {
    const turn = (this.turns.get(actor) ?? Promise.resolve()).then(work);
    this.turns.set(actor, turn.catch(() => undefined));
    return turn;
  }

  private async forward(type: string, actor: string, method: string, body: Uint8Array<ArrayBuffer>): Promise<{ readonly status: number; readonly body: Buffer }> {
    const headers = { 'content-type': 'application/octet-stream' };
    try {
      const response = await fetch(`http://127.0.0.1:${this.appOf(actor)}/actors/${type}/${actor}/method/${method}`, { method: 'PUT', headers, body });
      const answer = Buffer.from(await response.arrayBuffer());
      return { status: response.ok ? 200 : 500, body: answer };
    } catch (error) {
      return { status: 500, body: Buffer.from(String(error)) };
    }
  }
}
