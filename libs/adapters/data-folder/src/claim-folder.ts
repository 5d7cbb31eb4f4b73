import { mkdir, open, readFile, rename, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { errorCodes, errorText } from './error-details.js';
import { DataFolderTooNew, DataFolderUnusable } from './errors.js';

/** What a folder holds and in which layout; stored in its `format.json`. */
export interface FolderFormat {
  readonly content: string;
  /** Counts up from 1 with every change that an older release cannot read. */
  readonly version: number;
}

const fileName = 'format.json';

function parseFormat(text: string): FolderFormat | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('content' in value) || !('version' in value)) return undefined;
    const { content, version } = value;
    return typeof content === 'string' && Number.isSafeInteger(version) ? { content, version: Number(version) } : undefined;
  } catch {
    return undefined;
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCodes(error).includes('ENOENT')) return undefined;
    throw error;
  }
}

/** Makes names in the folder durable; where a folder cannot be synced (Windows), the file system orders them itself. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => undefined);
  await handle?.sync().catch(() => undefined);
  await handle?.close();
}

/**
 * Creates the folder or checks that it holds what the caller expects, in a layout that it knows. An older layout is
 * answered with its version, so that the caller can convert it.
 * @throws DataFolderTooNew, DataFolderUnusable
 */
export async function claimFolder(folder: string, format: FolderFormat): Promise<FolderFormat> {
  try {
    return await claim(folder, format);
  } catch (error) {
    if (!errorCodes(error).some((code) => unusable.has(code))) throw error;
    throw new DataFolderUnusable(`${folder} cannot be used as a folder for data: ${errorText(error)}; configure another folder, or mend this one`, { cause: error });
  }
}

/** What the file system answers for a name that is a file, cannot be made, or may not be written. */
const unusable = new Set(['EEXIST', 'ENOTDIR', 'EISDIR', 'ENOENT', 'EACCES', 'EPERM', 'EROFS', 'ENAMETOOLONG', 'EINVAL', 'ELOOP']);

/**
 * Makes the folder and those above it. Node's own recursive mkdir never ends where the file system lets nothing be made
 * and calls it absence, as /proc does.
 */
async function makeFolder(folder: string): Promise<void> {
  const made = await mkdir(folder).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (made === undefined || (await isFolder(folder))) return;
  const above = dirname(folder);
  if (!errorCodes(made).includes('ENOENT') || above === folder || (await isFolder(above))) throw made;
  await makeFolder(above);
  await mkdir(folder);
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}

async function claim(folder: string, format: FolderFormat): Promise<FolderFormat> {
  await makeFolder(folder);
  const path = join(folder, fileName);
  const text = await readIfThere(path);
  if (text === undefined) {
    const draft = `${path}.new`;
    const handle = await open(draft, 'w');
    await handle.writeFile(JSON.stringify(format) + '\n');
    await handle.sync();
    await handle.close();
    await rename(draft, path);
    await syncFolder(folder);
    return format;
  }
  const found = parseFormat(text);
  if (!found) throw new DataFolderUnusable(`${path} does not say what the folder holds; restore it from a backup`);
  if (found.content !== format.content) {
    throw new DataFolderUnusable(`${folder} holds a ${found.content}, not a ${format.content}; configure another folder`);
  }
  if (found.version > format.version) {
    throw new DataFolderTooNew(
      `${folder} has layout ${found.version} of the ${found.content}, this release knows up to ${format.version}; start a newer release`,
    );
  }
  return found;
}
