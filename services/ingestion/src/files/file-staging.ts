import { type Instant, Problem } from '@tollkeeper/kernel';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorCodeOf } from './error-code.js';

/** What the first chunk of a file says about it. */
export interface StagedFile {
  readonly name: string;
  readonly mapping: string;
  readonly createdMs: number;
}

/** Files that are being received, and those that wait to be imported, in one folder per tenant. */
export class FileStaging {
  constructor(private readonly folder: string) {}

  /** Opens a file; the same file again changes nothing. */
  async begin(tenantId: string, fileId: string, file: StagedFile): Promise<void> {
    await mkdir(join(this.folder, tenantId), { recursive: true });
    await writeFile(this.path(tenantId, fileId, 'json'), JSON.stringify(file), { flag: 'wx' }).catch(ignore('EEXIST'));
    await writeFile(this.path(tenantId, fileId, 'part'), '', { flag: 'wx' }).catch(ignore('EEXIST'));
  }

  /** Undefined when no such file is being received. */
  async find(tenantId: string, fileId: string): Promise<(StagedFile & { readonly size: number }) | undefined> {
    try {
      const { size } = await stat(this.path(tenantId, fileId, 'part'));
      return { ...(JSON.parse(await readFile(this.path(tenantId, fileId, 'json'), 'utf8')) as StagedFile), size };
    } catch (error) {
      ignore('ENOENT')(error);
      return undefined;
    }
  }

  /**
   * Puts a chunk where it belongs and answers the size afterwards. What is there already is left as it is.
   * @throws Problem conflict for a chunk that would leave a gap; `expected_offset` says where to go on
   */
  async write(tenantId: string, fileId: string, offset: number, bytes: Uint8Array): Promise<number> {
    const handle = await open(this.path(tenantId, fileId, 'part'), 'r+');
    try {
      const { size } = await handle.stat();
      if (offset > size) {
        throw new Problem(
          'conflict',
          `The chunk begins at byte ${offset}, but only ${size} bytes have arrived; go on with offset ${size}.`,
          { param: 'offset', expected_offset: size },
        );
      }
      const fresh = bytes.subarray(Math.min(bytes.length, size - offset));
      if (fresh.length > 0) await handle.write(fresh, 0, fresh.length, size);
      return size + fresh.length;
    } finally {
      await handle.close();
    }
  }

  /** Makes the whole file durable. Answers its SHA-256 in hexadecimal. */
  async seal(tenantId: string, fileId: string): Promise<string> {
    const path = this.path(tenantId, fileId, 'part');
    const handle = await open(path, 'r');
    await handle.sync().finally(() => handle.close());
    const digest = createHash('sha256');
    await pipeline(createReadStream(path), digest);
    return digest.digest('hex');
  }

  async drop(tenantId: string, fileId: string): Promise<void> {
    await rm(this.path(tenantId, fileId, 'part'), { force: true });
    await rm(this.path(tenantId, fileId, 'json'), { force: true });
  }

  /** All files that have bytes here, with the time of the last chunk. */
  async list(): Promise<readonly { readonly tenantId: string; readonly fileId: string; readonly writtenMs: Instant }[]> {
    await mkdir(this.folder, { recursive: true });
    const found = [];
    for (const tenant of await readdir(this.folder, { withFileTypes: true })) {
      if (!tenant.isDirectory()) continue;
      for (const name of await readdir(join(this.folder, tenant.name))) {
        if (!name.endsWith('.part')) continue;
        const { mtimeMs } = await stat(join(this.folder, tenant.name, name));
        found.push({ tenantId: tenant.name, fileId: name.slice(0, -'.part'.length), writtenMs: mtimeMs });
      }
    }
    return found;
  }

  /** Where the bytes of a file are, from its first chunk until its import has ended. */
  contentPath(tenantId: string, fileId: string): string {
    return this.path(tenantId, fileId, 'part');
  }

  private path(tenantId: string, fileId: string, ending: 'part' | 'json'): string {
    return join(this.folder, tenantId, `${fileId}.${ending}`);
  }
}

function ignore(code: string): (error: unknown) => void {
  return (error) => {
    if (errorCodeOf(error) !== code) throw error;
  };
}
