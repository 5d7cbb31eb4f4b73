import type { EmbeddedOptions } from './options.js';

/** One consumer takes all usage: the threads of one machine gain nothing from more. */
export const usagePartitions = 1;

export function levelsDownTo(level: EmbeddedOptions['logLevel']): ('fatal' | 'error' | 'warn' | 'log' | 'debug')[] {
  const all = ['fatal', 'error', 'warn', 'log', 'debug'] as const;
  return all.slice(0, all.indexOf(level) + 1);
}
