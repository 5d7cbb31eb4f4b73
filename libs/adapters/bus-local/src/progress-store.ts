import { levelAt, openLevel, type BinaryLevel } from '@tollkeeper/data-folder';
import type { PartitionProgress, StoredProgress } from './progress.js';

/** A group's place in a partition, by name. */
export interface NamedProgress {
  readonly topic: string;
  readonly group: string;
  readonly progress: PartitionProgress;
}

export interface LoadedProgress extends StoredProgress {
  readonly topic: string;
  readonly group: string;
  readonly partition: number;
}

const endKey = Buffer.from('end');
const progressTag = 'g';
const smallDatabase = { writeBufferBytes: 1 << 20, cacheBytes: 1 << 16, compression: false };

/**
 * How far each group is, in a small LevelDB whose lock also keeps the folder to one process. Written now and then without
 * a sync: what a crash takes away is delivered again.
 */
export class ProgressStore {
  private constructor(private readonly level: BinaryLevel) {}

  /** @throws DataFolderInUse, DataFolderUnusable */
  static async open(folder: string): Promise<ProgressStore> {
    const level = levelAt(folder, smallDatabase);
    await openLevel(level);
    return new ProgressStore(level);
  }

  /** How far the log is known to have been on the disk, and where every group stands. */
  async load(): Promise<{ readonly end: number; readonly progress: readonly LoadedProgress[] }> {
    let end = 0;
    const progress: LoadedProgress[] = [];
    for (const [key, value] of await this.level.iterator().all()) {
      const parsed: unknown = JSON.parse(Buffer.from(value).toString('utf8'));
      if (Buffer.compare(key, endKey) === 0) {
        end = Number(parsed);
        continue;
      }
      const [, topic = '', group = '', partition = ''] = Buffer.from(key).toString('utf8').split('\0');
      progress.push({ topic, group, partition: Number(partition), ...parseProgress(parsed) });
    }
    return { end, progress };
  }

  async save(end: number, changed: readonly NamedProgress[], sync: boolean): Promise<void> {
    const puts = changed.map(({ topic, group, progress }) => ({
      type: 'put' as const,
      key: Buffer.from([progressTag, topic, group, progress.partition].join('\0')),
      value: Buffer.from(JSON.stringify(progress.stored())),
    }));
    await this.level.batch([...puts, { type: 'put', key: endKey, value: Buffer.from(JSON.stringify(end)) }], { sync });
  }

  close(): Promise<void> {
    return this.level.close();
  }
}

function parseProgress(value: unknown): StoredProgress {
  if (typeof value !== 'object' || value === null || !('handed' in value) || !('holes' in value) || !Array.isArray(value.holes)) {
    throw new RangeError('a stored bus position cannot be read');
  }
  return { handed: Number(value.handed), holes: value.holes.map(Number) };
}
