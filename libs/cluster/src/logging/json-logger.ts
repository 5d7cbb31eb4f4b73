import type { LoggerService, LogLevel } from '@nestjs/common';
import type { Clock } from '@tollkeeper/kernel';
import { currentTrace, requestScope } from '@tollkeeper/nest-kit';
import { redact } from './redact.js';

/** From the rarest to the most frequent; a level lets through itself and everything before it. */
export const logLevels = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const satisfies readonly LogLevel[];
export type Level = (typeof logLevels)[number];

/** What the rest of the world calls Nest's levels. */
const severities: Readonly<Record<Level, string>> = { fatal: 'fatal', error: 'error', warn: 'warn', log: 'info', debug: 'debug', verbose: 'trace' };

export interface LogSource {
  readonly service: string;
  /** Tells replicas apart. */
  readonly instance: string;
}

/** One line of JSON per event: time, level, where, what, and whose request and which trace it belongs to. */
export class JsonLogger implements LoggerService {
  private readonly least: number;

  constructor(
    private readonly source: LogSource,
    level: Level,
    private readonly clock: Clock,
    private readonly write: (line: string) => void,
  ) {
    this.least = logLevels.indexOf(level);
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.tell('log', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.tell('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.tell('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.tell('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.tell('verbose', message, rest);
  }

  fatal(message: unknown, ...rest: unknown[]): void {
    this.tell('fatal', message, rest);
  }

  /** Nest gives the context last, and before it, for errors, a stack. */
  private tell(level: Level, message: unknown, rest: readonly unknown[]): void {
    if (logLevels.indexOf(level) > this.least) return;
    const context = rest.at(-1);
    const stack = level === 'error' && rest.length > 1 ? rest[0] : undefined;
    const { tenantId } = requestScope();
    const [, traceId, spanId] = currentTrace()?.traceparent.split('-') ?? [];
    const line = {
      time: new Date(this.clock.now()).toISOString(),
      level: severities[level],
      ...this.source,
      ...(typeof context === 'string' ? { context } : {}),
      ...(tenantId === undefined ? {} : { tenant: tenantId }),
      ...(traceId === undefined ? {} : { trace_id: traceId, span_id: spanId }),
      message: redact(textOf(message)),
      ...(typeof stack === 'string' ? { stack: redact(stack) } : {}),
    };
    this.write(`${JSON.stringify(line)}\n`);
  }
}

function textOf(message: unknown): string {
  if (message instanceof Error) return message.stack ?? message.message;
  return typeof message === 'string' ? message : (JSON.stringify(message) ?? String(message));
}
