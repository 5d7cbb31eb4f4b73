import { getHeapStatistics } from 'node:v8';
import underPressure from '@fastify/under-pressure';
import { Problem } from '@tollkeeper/kernel';
import type { FastifyInstance } from 'fastify';
import type { PressureOptions } from '../gateway.options.js';
import { pathOf, sendProblem } from './send.js';

/** A process that is slow but alive must still say so. */
const alwaysAnswered = new Set(['/health/live']);

export function defaultPressure(): PressureOptions {
  return { eventLoopDelayMs: 3_000, heapBytes: Math.floor(getHeapStatistics().heap_size_limit * 0.9), retryAfterS: 2 };
}

/** Turns requests away while the event loop lags or the heap is nearly full, before they cost anything. */
export function turnAwayUnderPressure(fastify: FastifyInstance, options: PressureOptions): void {
  fastify.register(underPressure, {
    maxEventLoopDelay: options.eventLoopDelayMs,
    maxHeapUsedBytes: options.heapBytes,
    pressureHandler: (request, reply) => {
      if (alwaysAnswered.has(pathOf(request))) return;
      sendProblem(
        request,
        reply,
        new Problem('unavailable', 'This process has more work than it can do now; wait and send the same request again.', {
          retryAfterS: options.retryAfterS,
        }),
      );
    },
  });
}
