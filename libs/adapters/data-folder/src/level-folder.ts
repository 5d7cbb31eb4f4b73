import { ClassicLevel } from 'classic-level';
import { errorCodes, errorText } from './error-details.js';
import { DataFolderInUse, DataFolderUnusable } from './errors.js';

export type BinaryLevel = ClassicLevel<Uint8Array, Uint8Array>;

export interface LevelOptions {
  /** Bytes collected in memory, and in the log, before they are sorted into a table; two of them may exist at a time. */
  readonly writeBufferBytes: number;
  /** Bytes of decompressed blocks kept for reads. */
  readonly cacheBytes: number;
  readonly compression: boolean;
}

/** A database that is not open yet. */
export function levelAt(folder: string, options: LevelOptions): BinaryLevel {
  return new ClassicLevel<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: options.writeBufferBytes,
    // Tables of the size of a write buffer: fewer files, and a flush stays one file.
    maxFileSize: Math.max(2 << 20, options.writeBufferBytes >>> 1),
    cacheSize: options.cacheBytes,
    compression: options.compression,
  });
}

/**
 * Opens the database, and recovers what its log holds after a crash.
 * @throws DataFolderInUse, DataFolderUnusable
 */
export async function openLevel(level: BinaryLevel): Promise<void> {
  try {
    await level.open();
  } catch (error) {
    if (errorCodes(error).includes('LEVEL_LOCKED')) {
      throw new DataFolderInUse(`${level.location} is in use by another process; stop that one, or configure another folder`, { cause: error });
    }
    throw new DataFolderUnusable(`${level.location} cannot be opened: ${errorText(error)}`, { cause: error });
  }
}
