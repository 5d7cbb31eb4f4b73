import { defaultIntakeLimits, type IntakeLimits } from './accept/intake-limits.js';

/** What the composition decides for this service. */
export interface IngestionOptions {
  /** Partitions of the bus topic `usage`; rating must be told the same number. */
  readonly usagePartitions: number;
  /** Folder for files that are received and imported; belongs to this service alone. */
  readonly filesFolder: string;
  /** False for a process that takes usage alone and leaves the files folder untouched. Default true. */
  readonly importsFiles?: boolean;
  /** Folder whose files `<tenant id or slug>/<mapping code>/…` are imported as they appear. */
  readonly watchFolder?: string;
  /** Pause between two looks at the watched folder. Default 5 s. */
  readonly watchIntervalMs?: number;
  readonly limits?: Partial<IntakeLimits>;
}

export function limitsOf(options: IngestionOptions): IntakeLimits {
  return { ...defaultIntakeLimits, ...options.limits };
}
