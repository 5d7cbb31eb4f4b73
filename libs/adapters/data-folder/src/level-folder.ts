import { StoreUnavailable } from '@tollkeeper/ports';
import { ClassicLevel } from 'classic-level';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { claimFolder, type FolderFormat } from './claim-folder.js';
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

/** Room that must be there before a database that could not be written is tried again. */
const probeBytes = 1 << 20;

/** A database that is not open yet. */
export function levelAt(folder: string, options: LevelOptions): BinaryLevel {
  return new ClassicLevel<Uint8Array, Uint8Array>(folder, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    writeBufferSize: options.writeBufferBytes,
    // Tables of half a write buffer: a flush makes few files, and a compaction stays short.
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

/**
 * A data folder with a LevelDB in it. After a write that failed LevelDB refuses all further ones until it is opened
 * again; this does so when the next one asks to write and the disk has room. Meanwhile reads go on.
 */
export class LevelFolder {
  private broken: StoreUnavailable | undefined;
  private mending: Promise<void> | undefined;
  private closed = false;

  private constructor(
    private readonly folder: string,
    readonly level: BinaryLevel,
    private readonly onMended: () => void,
  ) {}

  /** @throws DataFolderTooNew, DataFolderInUse, DataFolderUnusable */
  static async open(folder: string, format: FolderFormat, options: LevelOptions, onMended: () => void): Promise<LevelFolder> {
    await claimFolder(folder, format);
    const level = levelAt(join(folder, 'level'), options);
    await openLevel(level);
    return new LevelFolder(folder, level, onMended);
  }

  /** Undefined when the database can be written; otherwise resolves when it can be again, or rejects with why it cannot. */
  writable(): Promise<void> | undefined {
    if (this.closed) return Promise.reject(this.isClosed());
    if (!this.broken) return undefined;
    this.mending ??= this.mend().finally(() => (this.mending = undefined));
    return this.mending;
  }

  /** Must be told of every write that failed; answers what to tell the caller. */
  failed(error: unknown): StoreUnavailable {
    const text = errorText(error);
    const advice = /space|ENOSPC/i.test(text) ? 'the disk is full; make room, then it goes on by itself' : 'see the disk and its file system';
    this.broken = new StoreUnavailable(`${this.folder} cannot be written: ${text}; ${advice}`, { cause: error });
    return this.broken;
  }

  /** @throws StoreUnavailable */
  async read<T>(work: (level: BinaryLevel) => Promise<T>): Promise<T> {
    if (this.closed) throw this.isClosed();
    if (this.mending) await this.mending.catch(() => undefined);
    try {
      return await work(this.level);
    } catch (error) {
      throw new StoreUnavailable(`${this.folder} cannot be read: ${errorText(error)}`, { cause: error });
    }
  }

  /** The last write must have ended by then. */
  async close(): Promise<void> {
    this.closed = true;
    await this.mending?.catch(() => undefined);
    await this.level.close();
  }

  private isClosed(): StoreUnavailable {
    return new StoreUnavailable(`the store in ${this.folder} is closed`);
  }

  private async mend(): Promise<void> {
    const probe = join(this.folder, 'probe');
    try {
      // Opening writes files too: as long as that must fail the old handle stays, because it still answers reads.
      await writeFile(probe, new Uint8Array(probeBytes), { flush: true });
      await rm(probe);
      await this.level.close();
      await openLevel(this.level);
    } catch (error) {
      await rm(probe, { force: true }).catch(() => undefined);
      throw new StoreUnavailable(`${this.broken?.message ?? this.folder} (tried again: ${errorText(error)})`, { cause: error });
    }
    this.broken = undefined;
    this.onMended();
  }
}
