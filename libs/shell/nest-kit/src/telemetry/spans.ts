import { type Attributes, type Link, ROOT_CONTEXT, type Span, type SpanContext, type SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { Problem } from '@tollkeeper/kernel';
import { currentTrace, type TraceContext, withTrace } from '../trace/trace-context.js';

/** Undefined while telemetry is off: then everything here is one comparison. */
let tracer: Tracer | undefined;

/** Turns spans on for this thread, or off again. The composition decides. */
export function useTracer(used: Tracer | undefined): void {
  tracer = used;
}

export function isTracing(): boolean {
  return tracer !== undefined;
}

/** Name and attributes follow the semantic conventions (https://opentelemetry.io/docs/specs/semconv/); none holds what a person or a source wrote. */
export interface SpanDescription {
  readonly name: string;
  readonly kind: SpanKind;
  readonly attributes: Attributes;
}

/** Whose work a span is. Absent: of the trace that is being worked on, and without one there is no span. */
export interface SpanOrigin {
  /** The span begins a trace where it does not continue one. */
  readonly parent?: TraceContext | undefined;
  /** `traceparent` of others that the work is done for as well. */
  readonly links?: readonly string[];
}

/** What has begun and not ended. */
export interface OpenSpan {
  /** Of this span: what the work hands on. */
  readonly trace: TraceContext;
  /** Ends the span; `failure` is what kept the work from being done, or the `error.type` of that. */
  end(failure?: unknown, attributes?: Attributes): void;
}

/** Work for more traces than this is shown with the first of them. */
const mostLinks = 128;

/** Begins a span; undefined when telemetry is off, or when the work belongs to no trace and begins none. */
export function startSpan(describe: () => SpanDescription, origin?: SpanOrigin): OpenSpan | undefined {
  if (!tracer) return undefined;
  const parent = origin ? origin.parent : currentTrace();
  if (!parent && !origin) return undefined;
  const { name, kind, attributes } = describe();
  const links: Link[] = (origin?.links ?? []).slice(0, mostLinks).map((traceparent) => ({ context: spanContextOf(traceparent) }));
  const context = parent ? trace.setSpanContext(ROOT_CONTEXT, spanContextOf(parent.traceparent)) : ROOT_CONTEXT;
  return new Opened(tracer.startSpan(name, { kind, attributes, links }, context));
}

/** Runs the work in a span, and in the trace that the span belongs to. */
export async function inSpan<T>(describe: () => SpanDescription, work: () => T | Promise<T>, origin?: SpanOrigin): Promise<T> {
  const span = startSpan(describe, origin);
  if (!span) return work();
  try {
    const result = await withTrace(span.trace, work);
    span.end();
    return result;
  } catch (error) {
    span.end(error);
    throw error;
  }
}

/** The origin of work that is done at once for all of these `traceparent`s: a child of the only trace there is, or linked to each of several. */
export function originOf(traceparents: readonly string[]): SpanOrigin {
  const [first, ...others] = traceparents;
  if (first === undefined) return {};
  const isOneTrace = others.every((other) => traceIdOf(other) === traceIdOf(first));
  return isOneTrace ? { parent: { traceparent: first }, links: others } : { links: traceparents };
}

/** The trace, 32 hexadecimal digits, that a `traceparent` names. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35);
}

function spanContextOf(traceparent: string): SpanContext {
  return { traceId: traceIdOf(traceparent), spanId: traceparent.slice(36, 52), traceFlags: Number.parseInt(traceparent.slice(53, 55), 16), isRemote: true };
}

class Opened implements OpenSpan {
  readonly trace: TraceContext;

  constructor(private readonly span: Span) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.trace = { traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}` };
  }

  end(failure?: unknown, attributes?: Attributes): void {
    if (attributes) this.span.setAttributes(attributes);
    if (failure !== undefined) {
      this.span.setAttribute('error.type', errorTypeOf(failure));
      if (isOurFault(failure)) this.span.setStatus({ code: SpanStatusCode.ERROR });
    }
    this.span.end();
  }
}

/** Texts of errors may quote what was sent, and stay out. */
function errorTypeOf(failure: unknown): string {
  if (typeof failure === 'string') return failure;
  if (failure instanceof Problem) return failure.code;
  return failure instanceof Error ? failure.name : '_OTHER';
}

/** A refusal is an answer like any other. */
function isOurFault(failure: unknown): boolean {
  return !(failure instanceof Problem) || failure.code === 'internal' || failure.code === 'unavailable';
}
