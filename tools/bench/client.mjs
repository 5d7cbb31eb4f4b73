/**
 * A client that costs little: keep-alive sockets with one request under way on each, bytes made before the clock starts,
 * and of the answer no more read than its status and length. What it spends is missing on the side that is measured.
 */
import { connect } from 'node:net';

const headEnd = Buffer.from('\r\n\r\n');
const retryDelayMs = 50;

/** The bytes of a POST. `headers` are lines without their ends. */
export function postRequest(path, headers, body) {
  const head = [`POST ${path} HTTP/1.1`, 'host: bench', ...headers, `content-length: ${body.length}`, '', ''].join('\r\n');
  return [Buffer.from(head, 'latin1'), body];
}

/** One socket: sends a request and gives its answer. */
class Line {
  constructor(port) {
    this.received = Buffer.alloc(0);
    this.waiting = undefined;
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.on('data', (data) => this.take(data));
    this.socket.on('error', (error) => this.waiting?.reject(error));
    this.socket.on('close', () => this.waiting?.reject(new Error('the connection was closed before the answer came')));
  }

  send(parts) {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.cork();
      for (const part of parts) this.socket.write(part);
      this.socket.uncork();
    });
  }

  take(data) {
    this.received = this.received.length === 0 ? data : Buffer.concat([this.received, data]);
    const head = this.received.indexOf(headEnd);
    if (head < 0) return;
    const text = this.received.latin1Slice(0, head);
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1] ?? 0);
    const end = head + headEnd.length + length;
    if (this.received.length < end) return;
    const body = this.received.subarray(head + headEnd.length, end);
    this.received = this.received.subarray(end);
    const { resolve } = this.waiting;
    this.waiting = undefined;
    resolve({ status: Number(text.slice(9, 12)), body });
  }
}

/** A few sockets to one server on this machine. */
export class Client {
  constructor(port, connections) {
    this.port = port;
    this.connections = connections;
    this.lines = [];
  }

  /** New sockets: a server closes those that nobody used for a while. */
  renew() {
    this.close();
    this.lines = Array.from({ length: this.connections }, () => new Line(this.port));
  }

  /** Sends all requests, each answered with `status`; one that is turned away with 503 is sent again. Answers how many were. */
  async sendAll(requests, status) {
    let next = 0;
    let turnedAway = 0;
    const run = async (line) => {
      while (next < requests.length) {
        const request = requests[next++];
        for (;;) {
          const answer = await line.send(request);
          if (answer.status === status) break;
          if (answer.status !== 503) throw new Error(`answered ${answer.status}: ${answer.body.toString('utf8').slice(0, 500)}`);
          turnedAway++;
          await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
        }
      }
    };
    await Promise.all(this.lines.map((line) => run(line)));
    return turnedAway;
  }

  /** GETs JSON over the first socket. */
  async getJson(path, headers) {
    const head = [`GET ${path} HTTP/1.1`, 'host: bench', ...headers, '', ''].join('\r\n');
    const answer = await this.lines[0].send([Buffer.from(head, 'latin1')]);
    const text = answer.body.toString('utf8');
    if (answer.status !== 200) throw new Error(`GET ${path} answered ${answer.status}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }

  close() {
    for (const { socket } of this.lines) {
      socket.removeAllListeners();
      socket.on('error', () => undefined);
      socket.destroy();
    }
  }
}
