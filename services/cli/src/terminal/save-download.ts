import { createWriteStream } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Download } from '@tollkeeper/api-client';
import type { Cli } from '../cli.js';
import { errorText } from '../error-text.js';
import { CommandFailed, WrongUsage } from '../outcome.js';

/** Writes a document to the named file, to standard output (`-`), or to a file of its own name. */
export async function saveDownload(
  cli: Cli,
  { content, contentType, fileName }: Download,
  out: string | undefined,
  otherwise: string,
): Promise<void> {
  const { terminal, output } = cli;
  if (out === '-') {
    if (terminal.out.isTerminal && contentType.startsWith('application/pdf'))
      throw new WrongUsage('A PDF is nothing to read on a terminal.', 'Write it to a file by --out FILE.');
    for await (const piece of content) await terminal.out.write(piece);
    return;
  }
  // The name comes from the platform: only its last part counts, so that it stays in this folder.
  const path = resolve(terminal.folder, out ?? basename(fileName ?? otherwise));
  try {
    await pipeline(Readable.fromWeb(content), createWriteStream(path));
  } catch (error) {
    throw new CommandFailed(`${path} could not be written: ${errorText(error)}.`, 'Name another file by --out.');
  }
  if (output.json) await output.value({ file: path });
  else await output.line(`Wrote ${path}`);
}
