import type { Randomness } from '@tollkeeper/kernel';
import { secretBytes } from '../keys/secrets.js';
import { readSecretFile, writeSecretFile } from './secret-file.js';

/** The secret's file is damaged; its message is for the operator. */
class InstallationSecretUnusable extends Error {
  override readonly name = 'InstallationSecretUnusable';
}

/**
 * The secret that all secrets of an installation derive from: made once, kept in a file that only its owner reads
 * (mode 0600), part of every backup. The process that calls this holds the data folder, so nobody else writes the file.
 * @throws InstallationSecretUnusable when the file is there and damaged: a new secret would silently change every webhook's signature.
 */
export async function loadInstallationSecret(path: string, randomness: Randomness): Promise<Uint8Array> {
  const text = await readSecretFile(path);
  if (text === undefined) {
    const made = Buffer.from(randomness.bytes(secretBytes));
    await writeSecretFile(path, `${made.toString('base64url')}\n`);
    return made;
  }
  const secret = Buffer.from(text.trim(), 'base64url');
  if (secret.length !== secretBytes)
    throw new InstallationSecretUnusable(`${path} does not hold an installation secret of ${secretBytes} bytes; restore it from a backup`);
  return secret;
}
