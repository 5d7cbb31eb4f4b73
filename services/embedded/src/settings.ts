import type { EmbeddedOptions } from './options.js';

/** One consumer takes all usage: the threads of one machine gain nothing from more. */
export const usagePartitions = 1;

/** What the engines of one machine are called in spans. */
export const engineNames = { bus: 'tollkeeper', chains: 'leveldb' };

export function levelsDownTo(level: EmbeddedOptions['logLevel']): ('fatal' | 'error' | 'warn' | 'log' | 'debug')[] {
  const all = ['fatal', 'error', 'warn', 'log', 'debug'] as const;
  return all.slice(0, all.indexOf(level) + 1);
}
