import { SpanKind } from '@opentelemetry/api';
import type { SpanDescription } from './spans.js';

/** Of a request to another service; `pattern` is `tollkeeper.rating.v1.RatingService/PutMeter`. */
export function rpcClientSpan(pattern: string): SpanDescription {
  return { name: pattern, kind: SpanKind.CLIENT, attributes: attributesOf(pattern) };
}

/** Of a request that is answered here. */
export function rpcServerSpan(pattern: string): SpanDescription {
  return { name: pattern, kind: SpanKind.SERVER, attributes: attributesOf(pattern) };
}

function attributesOf(pattern: string) {
  return { 'rpc.system.name': 'nestjs', 'rpc.method': pattern };
}
