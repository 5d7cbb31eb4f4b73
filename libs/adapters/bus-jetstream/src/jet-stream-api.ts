import type { ConsumerConfig, ConsumerInfo, StreamConfig, StreamInfo } from '@nats-io/jetstream';
import type { Msg, MsgHdrs, NatsConnection } from '@nats-io/transport-node';
import { JetStreamRefusal } from './failures.js';

interface Refusable {
  readonly error?: { readonly code: number; readonly err_code?: number; readonly description: string };
}

interface ConsumerPage {
  readonly total: number;
  readonly consumers: readonly ConsumerInfo[] | null;
  /** Consumers that exist and did not answer. */
  readonly missing?: readonly string[];
}

interface StoredMessage {
  readonly message: { readonly hdrs?: string; readonly data?: string };
}

const prefix = '$JS.API';
const notFound = new Set([10014, 10059, 10037]);

/**
 * The few requests of JetStream's API that the bus needs, each with one deadline. The client library's own manager lists
 * consumers without saying that some did not answer; what is purged by such a list would be lost.
 */
export class JetStreamApi {
  constructor(
    private readonly connection: NatsConnection,
    private readonly timeoutMs: number,
  ) {}

  /** With the number of messages of each subject. Undefined when there is no such stream. */
  streamInfo(stream: string): Promise<StreamInfo | undefined> {
    return this.askFor<StreamInfo>(`STREAM.INFO.${stream}`, { subjects_filter: '>' });
  }

  createStream(config: Partial<StreamConfig> & { readonly name: string }): Promise<StreamInfo> {
    return this.ask(`STREAM.CREATE.${config.name}`, config);
  }

  updateStream(config: Partial<StreamConfig> & { readonly name: string }): Promise<StreamInfo> {
    return this.ask(`STREAM.UPDATE.${config.name}`, config);
  }

  /**
   * Deletes what stands before a sequence number. Servers up to 2.14 take the number 1 for all of the stream
   * (nats-server, pull request 8241), so it is refused here.
   */
  async purge(stream: string, before: number, filter?: string): Promise<number> {
    if (before < 2) throw new RangeError(`a purge of ${stream} before ${before} would delete all of it`);
    const { purged } = await this.ask<{ purged: number }>(`STREAM.PURGE.${stream}`, { seq: before, filter });
    return purged;
  }

  /** A stored message, wherever consumers are; undefined when it is gone. */
  async message(stream: string, sequence: number): Promise<{ readonly headers: string; readonly data: Uint8Array } | undefined> {
    const found = await this.askFor<StoredMessage>(`STREAM.MSG.GET.${stream}`, { seq: sequence });
    if (!found) return undefined;
    const { hdrs = '', data = '' } = found.message;
    return { headers: Buffer.from(hdrs, 'base64').toString(), data: Buffer.from(data, 'base64') };
  }

  /** All consumers of a stream, none left out: rejects when one of them does not answer now. Undefined when there is no such stream. */
  async consumers(stream: string): Promise<readonly ConsumerInfo[] | undefined> {
    const all: ConsumerInfo[] = [];
    for (;;) {
      const page = await this.askFor<ConsumerPage>(`CONSUMER.LIST.${stream}`, { offset: all.length });
      if (!page) return undefined;
      if (page.missing?.length) throw new Error(`consumers of ${stream} do not answer: ${page.missing.join(', ')}`);
      all.push(...(page.consumers ?? []));
      if (all.length >= page.total) return all;
      if (!page.consumers?.length) throw new Error(`stream ${stream} has ${page.total} consumers and tells of ${all.length}`);
    }
  }

  consumer(stream: string, name: string): Promise<ConsumerInfo | undefined> {
    return this.askFor<ConsumerInfo>(`CONSUMER.INFO.${stream}.${name}`, undefined);
  }

  createConsumer(stream: string, config: Partial<ConsumerConfig> & { readonly durable_name: string }, action: 'create' | 'update'): Promise<ConsumerInfo> {
    const { durable_name: name, filter_subject: filter } = config;
    const request = { stream_name: stream, config: { ...config, name }, action };
    return this.ask(`CONSUMER.CREATE.${stream}.${name}.${filter ?? ''}`, request);
  }

  /** Asks a consumer for messages; they come to `reply`, one by one. */
  pull(stream: string, consumer: string, reply: string, request: object): void {
    this.connection.publish(`${prefix}.CONSUMER.MSG.NEXT.${stream}.${consumer}`, JSON.stringify(request), { reply });
  }

  /** Resolves when the stream has stored the message. Sent before this returns. */
  async store(subject: string, data: Uint8Array, headers: MsgHdrs, timeoutMs: number): Promise<void> {
    read(await this.connection.request(subject, data, { headers, timeout: timeoutMs }), subject);
  }

  /** Sent without asking for an answer. */
  send(subject: string, data: Uint8Array, headers: MsgHdrs): void {
    this.connection.publish(subject, data, { headers });
  }

  private async ask<T>(request: string, body: object | undefined): Promise<T> {
    const reply = await this.connection.request(`${prefix}.${request}`, body && JSON.stringify(body), { timeout: this.timeoutMs });
    return read<T>(reply, request);
  }

  private async askFor<T>(request: string, body: object | undefined): Promise<T | undefined> {
    try {
      return await this.ask<T>(request, body);
    } catch (error) {
      if (error instanceof JetStreamRefusal && notFound.has(error.errorCode)) return undefined;
      throw error;
    }
  }
}

function read<T>(reply: Msg, asked: string): T {
  const body = reply.json<T & Refusable>();
  if (body.error) throw new JetStreamRefusal(body.error.code, body.error.err_code ?? 0, body.error.description, asked);
  return body;
}
