import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import { Problem } from '@tollkeeper/kernel';
import type { FastifyInstance } from 'fastify';
import type { PressureOptions } from '../gateway.options.js';
import { pathOf } from './send.js';

/** A process that is slow but alive must still say so. */
const alwaysAnswered = new Set(['/health/live']);

export function defaultPressure(): PressureOptions {
  return { eventLoopDelayMs: 3_000, heapBytes: Math.floor(getHeapStatistics().heap_size_limit * 0.9), retryAfterS: 2, sampleEveryMs: 1_000 };
}

/** Turns requests away while the event loop lags or the heap is nearly full, before they cost anything. */
export function turnAwayUnderPressure(fastify: FastifyInstance, options: PressureOptions): void {
  fastify.register(underPressure, {
    maxEventLoopDelay: options.eventLoopDelayMs,
    maxHeapUsedBytes: options.heapBytes,
    sampleInterval: options.sampleEveryMs,
    // A rejection reaches the error handler, which answers it; a reply sent from here would let the request go on besides.
    pressureHandler: (request) => (alwaysAnswered.has(pathOf(request)) ? undefined : Promise.reject(tooMuch(options))),
  });
}

function tooMuch({ retryAfterS }: PressureOptions): Problem {
  return new Problem('unavailable', 'This process has more work than it can do now; wait and send the same request again.', { retryAfterS });
}
