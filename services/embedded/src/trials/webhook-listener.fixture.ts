import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';

export interface Delivered {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** A receiver of webhooks that keeps only what bears the right signature. */
export class WebhookListener {
  readonly delivered: Delivered[] = [];
  readonly refused: string[] = [];
  /** Of the endpoint, once it is created. */
  secret = '';

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async open(): Promise<WebhookListener> {
    const server = createServer((request, response) => {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        listener.take(Buffer.concat(pieces).toString('utf8'), request.headers as Record<string, string>);
        response.writeHead(204).end();
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    const listener = new WebhookListener(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`);
    return listener;
  }

  of(type: string): readonly Delivered[] {
    return this.delivered.filter((one) => one.type === type);
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private take(body: string, headers: Record<string, string>): void {
    try {
      this.delivered.push(new Webhook(this.secret).verify(body, headers) as Delivered);
    } catch (error) {
      this.refused.push(String(error));
    }
  }
}
