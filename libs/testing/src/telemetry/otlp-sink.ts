import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ProtoFields } from './proto-fields.js';

type AttributeValue = string | number | boolean | readonly string[];
type Attributes = Readonly<Record<string, AttributeValue>>;

/** A span as it came in, ids in hexadecimal. */
export interface SunkSpan {
  /** `service.name` of who sent it. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the first of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly attributes: Attributes;
  /** Trace ids. */
  readonly links: readonly string[];
}

/** One value of a metric; of a histogram its count. */
export interface SunkPoint {
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly attributes: Attributes;
}

/** A collector of OpenTelemetry that keeps what it is sent. */
export interface OtlpSink {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly address: string;
  readonly spans: readonly SunkSpan[];
  readonly points: readonly SunkPoint[];
  close(): Promise<void>;
}

/** Takes OTLP over HTTP in protobuf (https://opentelemetry.io/docs/specs/otlp/) on a free port. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const spans: SunkSpan[] = [];
  const points: SunkPoint[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((bytes) => {
      if (request.url === '/v1/traces') spans.push(...readSpans(bytes));
      if (request.url === '/v1/metrics') points.push(...readPoints(bytes));
      response.writeHead(200, { 'content-type': 'application/x-protobuf' }).end();
    });
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise<void>((resolve) => void server.close(() => resolve()));
  };
  return { address: `http://127.0.0.1:${port}`, spans, points, close };
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

function readSpans(bytes: Uint8Array): readonly SunkSpan[] {
  return ofSources(bytes).flatMap(({ service, items }) =>
    items.map((span) => ({
      service,
      traceId: span.hex(1),
      spanId: span.hex(2),
      parentSpanId: span.hex(4),
      name: span.text(5) ?? '',
      attributes: attributesOf(span.messages(9)),
      links: span.messages(13).map((link) => link.hex(1)),
    })),
  );
}

function readPoints(bytes: Uint8Array): readonly SunkPoint[] {
  return ofSources(bytes).flatMap(({ service, items }) =>
    items.flatMap((metric) => {
      const of = { service, name: metric.text(1) ?? '', unit: metric.text(3) ?? '' };
      const numbers = [5, 7].flatMap((kind) => metric.message(kind)?.messages(1) ?? []);
      const histograms = metric.message(9)?.messages(1) ?? [];
      return [
        ...numbers.map((point) => ({ ...of, value: point.double(4) ?? point.whole(6) ?? 0, attributes: attributesOf(point.messages(7)) })),
        ...histograms.map((point) => ({ ...of, value: point.whole(4) ?? 0, attributes: attributesOf(point.messages(9)) })),
      ];
    }),
  );
}

/** Requests for spans and for metrics are built alike: resource, scopes, items. */
function ofSources(bytes: Uint8Array): readonly { readonly service: string; readonly items: readonly ProtoFields[] }[] {
  return new ProtoFields(bytes).messages(1).map((source) => ({
    service: String(attributesOf(source.message(1)?.messages(1) ?? [])['service.name'] ?? ''),
    items: source.messages(2).flatMap((scope) => scope.messages(2)),
  }));
}

function attributesOf(pairs: readonly ProtoFields[]): Attributes {
  return Object.fromEntries(pairs.map((pair) => [pair.text(1) ?? '', valueOf(pair.message(2))]));
}

function valueOf(value: ProtoFields | undefined): AttributeValue {
  const whole = value?.whole(3);
  const list = value?.message(5)?.messages(1);
  return value?.text(1) ?? whole ?? value?.double(4) ?? list?.map((item) => item.text(1) ?? '') ?? value?.whole(2) === 1;
}
