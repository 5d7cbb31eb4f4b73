import { AsyncLocalStorage } from 'node:async_hooks';

/** W3C Trace Context (https://www.w3.org/TR/trace-context/) of the request that is being worked on. */
export interface TraceContext {
  readonly traceparent: string;
}

const traces = new AsyncLocalStorage<TraceContext | undefined>();

/** Everything that `work` does, also later and asynchronously, sees the trace; bus messages carry it in their headers. */
export function withTrace<T>(trace: TraceContext | undefined, work: () => T): T {
  return trace ? traces.run(trace, work) : work();
}

/** For work that a request only happened to set off: it belongs to no trace, or says itself to which. */
export function withoutTrace<T>(work: () => T): T {
  return traces.getStore() ? traces.run(undefined, work) : work();
}

export function currentTrace(): TraceContext | undefined {
  return traces.getStore();
}

const traceparent = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** The trace that a `traceparent` header names; undefined when there is none or it is malformed, as the standard asks. */
export function readTrace(header: string | readonly string[] | undefined): TraceContext | undefined {
  return typeof header === 'string' && traceparent.test(header) ? { traceparent: header } : undefined;
}
