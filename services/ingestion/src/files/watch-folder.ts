import { tenantV1 } from '@tollkeeper/contracts';
import { type Instant, Problem } from '@tollkeeper/kernel';
import type { ServiceClient } from '@tollkeeper/nest-kit';
import type { Timers } from '@tollkeeper/ports';
import { hash } from 'node:crypto';
import { mkdir, open, readdir, rename, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PutFileChunk } from '../usecases/put-file-chunk.js';
import type { FileLedger } from './file-ledger.js';

export interface WatchFolderPorts {
  readonly timers: Timers;
  readonly client: ServiceClient;
  now(tenantId: string): Instant;
  onTrouble(text: string): void;
}

interface FoundFile {
  readonly tenantId: string;
  readonly mapping: string;
  readonly folder: string;
  readonly name: string;
}

const chunkBytes = 1 << 20;
const importPollMs = 200;
const doneFolder = 'done';
const failedFolder = 'failed';

/**
 * Imports the files that appear in `<folder>/<tenant id or slug>/<mapping code>/`, by looking every few seconds: the way that
 * works on every file system, network mounts included. A file is taken when it has not grown between two looks, and moved
 * to `done/` or, with a text that says why beside it, to `failed/`.
 */
export class WatchFolder {
  private cancel: (() => void) | undefined;
  private looking: Promise<void> = Promise.resolve();
  private stopped = false;
  /** Size and time of each file at the last look. */
  private seen = new Map<string, string>();

  constructor(
    private readonly ports: WatchFolderPorts,
    private readonly options: { readonly folder: string; readonly intervalMs: number },
    private readonly putFileChunk: PutFileChunk,
    private readonly ledger: FileLedger,
  ) {}

  start(): void {
    this.looking = this.look().catch((error: unknown) =>
      this.ports.onTrouble(`the watched folder ${this.options.folder} cannot be read: ${textOf(error)}`),
    );
    void this.looking.then(() => {
      if (!this.stopped) this.cancel = this.ports.timers.after(this.options.intervalMs, () => this.start());
    });
  }

  async stop(): Promise<void> {
    this.stopped = true;
    this.cancel?.();
    await this.looking;
  }

  /** One look at the folder: takes what has arrived whole. */
  async look(): Promise<void> {
    await mkdir(this.options.folder, { recursive: true });
    const now = new Map<string, string>();
    for (const file of await this.find()) {
      if (this.stopped) return;
      const path = join(file.folder, file.name);
      const { size, mtimeMs } = await stat(path);
      const mark = `${size}/${mtimeMs}`;
      if (this.seen.get(path) === mark) await this.take(file, mark);
      else now.set(path, mark);
    }
    this.seen = now;
  }

  private async find(): Promise<readonly FoundFile[]> {
    const found: FoundFile[] = [];
    for (const tenant of await foldersIn(this.options.folder)) {
      const tenantFolder = join(this.options.folder, tenant);
      const tenantId = await this.tenantIdOf(tenant);
      if (tenantId === undefined) this.ports.onTrouble(`the watched folder ${tenantFolder} is named like no tenant's id or slug`);
      else {
        for (const mapping of await foldersIn(tenantFolder)) {
          const folder = join(tenantFolder, mapping);
          for (const name of await filesIn(folder)) found.push({ tenantId, mapping, folder, name });
        }
      }
    }
    return found;
  }

  private async tenantIdOf(name: string): Promise<string | undefined> {
    for (let cursor = ''; ; ) {
      const page = await this.ports.client.call(tenantV1.TenantService.method.listTenants, { limit: 100, cursor });
      const tenant = page.items.find(({ id, slug }) => id === name || slug === name);
      if (tenant || page.nextCursor === '') return tenant?.id;
      cursor = page.nextCursor;
    }
  }

  private async take(file: FoundFile, mark: string): Promise<void> {
    const path = join(file.folder, file.name);
    let error: string | undefined;
    try {
      const id = await this.send(file, path, `watched_${hash('sha256', `${path}\n${mark}`)}`);
      error = await this.outcome(file.tenantId, id);
    } catch (trouble) {
      if (!(trouble instanceof Problem) || trouble.status >= 500) throw trouble;
      error = trouble.detail;
    }
    if (error === undefined) return;
    const target = join(file.folder, error === '' ? doneFolder : failedFolder);
    await mkdir(target, { recursive: true });
    const name = await freeName(target, file.name);
    if (error !== '') await writeFile(join(target, `${name}.error.txt`), `${error}\n`);
    await rename(path, join(target, name));
  }

  private async send(file: FoundFile, path: string, cause: string): Promise<string> {
    const handle = await open(path, 'r');
    try {
      const { size } = await handle.stat();
      const buffer = Buffer.alloc(chunkBytes);
      let fileId = '';
      for (let offset = 0; ; ) {
        const { bytesRead } = await handle.read(buffer, 0, chunkBytes, offset);
        const last = offset + bytesRead >= size || bytesRead === 0;
        const { tenantId, mapping, name } = file;
        const chunk = {
          tenantId,
          cause,
          fileId,
          name,
          mapping,
          offset,
          bytes: buffer.subarray(0, bytesRead),
          last,
          now: this.ports.now(tenantId),
        };
        const { id } = await this.putFileChunk.execute(chunk);
        if (last) return id;
        fileId = id;
        offset += bytesRead;
      }
    } finally {
      await handle.close();
    }
  }

  /** Why the import failed, empty when it is done, undefined when the process ends first. */
  private async outcome(tenantId: string, id: string): Promise<string | undefined> {
    while (!this.stopped) {
      const file = await this.ledger.find(tenantId, id);
      if (file?.status === 'failed') return file.error;
      if (file?.status === 'done') return '';
      await new Promise<void>((resolve) => this.ports.timers.after(importPollMs, resolve));
    }
    return undefined;
  }
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory() && !entry.name.startsWith('.')).map((entry) => entry.name);
}

async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => entry.name)
    .sort();
}

/** The name itself, or with a number when the folder has such a file already. */
async function freeName(folder: string, name: string): Promise<string> {
  const taken = new Set(await readdir(folder));
  let free = name;
  for (let i = 2; taken.has(free); i++) free = `${name}.${i}`;
  return free;
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
