import { randomUUID } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

const onlyTheOwner = 0o600;

/** The file's text, undefined when there is none. */
export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Puts a file that only its owner reads in place, whole and durable, or leaves what was there. */
export async function writeSecretFile(path: string, text: string): Promise<void> {
  // Several processes may write the same file at the same time: each a draft of its own.
  const draft = `${path}.${randomUUID()}.new`;
  try {
    const handle = await open(draft, 'wx', onlyTheOwner);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await syncFolderOf(path);
}

/** Makes the file's name durable; where a folder cannot be synced (Windows), the file system orders it itself. */
async function syncFolderOf(path: string): Promise<void> {
  const folder = await open(dirname(path), 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
