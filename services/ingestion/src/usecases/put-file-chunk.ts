import { create } from '@bufbuild/protobuf';
import { ingestionV1 } from '@tollkeeper/contracts';
import { derivedId, type Instant, isId, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { errorCodeOf } from '../files/error-code.js';
import { type FileLedger, toFileImport } from '../files/file-ledger.js';
import type { FileStaging } from '../files/file-staging.js';
import type { MappingCatalogue } from '../mapping/mapping-catalogue.js';

export interface PutFileChunkCommand {
  readonly tenantId: string;
  readonly cause: string;
  /** Empty with the first chunk: then the id derives from the cause. */
  readonly fileId: string;
  readonly name: string;
  readonly mapping: string;
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly last: boolean;
  readonly now: Instant;
}

const maxFileBytes = 8 * 2 ** 30;

/** Receives a file in ordered chunks. A repeated chunk is harmless; the last one begins the import. */
export class PutFileChunk {
  /** Chunks of one file are written one after the other. */
  private readonly turns = new Map<string, Promise<unknown>>();

  constructor(
    private readonly staging: FileStaging,
    private readonly ledger: FileLedger,
    private readonly mappings: MappingCatalogue,
  ) {}

  /** @throws Problem not_found for an unknown file or mapping, conflict for a gap (`expected_offset`), payload_too_large */
  async execute(command: PutFileChunkCommand): Promise<ingestionV1.FileImport> {
    const fileId = command.fileId === '' ? derivedId('file', command.tenantId, command.cause) : command.fileId;
    if (!isId('file', fileId)) throw this.unknown(fileId);
    const before = this.turns.get(fileId) ?? Promise.resolve();
    const turn = before.catch(() => undefined).then(() => this.put(fileId, command));
    this.turns.set(fileId, turn);
    try {
      return await turn;
    } catch (error) {
      if (!['ENOSPC', 'EDQUOT'].includes(errorCodeOf(error))) throw error;
      throw new Problem('unavailable', 'There is no room for files now; go on with the same chunk later.', { retryAfterS: 60 });
    } finally {
      if (this.turns.get(fileId) === turn) this.turns.delete(fileId);
    }
  }

  private async put(fileId: string, command: PutFileChunkCommand): Promise<ingestionV1.FileImport> {
    const { tenantId, now } = command;
    const known = await this.ledger.find(tenantId, fileId);
    if (known) return toFileImport({ ...known, id: known.sameAs ?? known.id }, known.sameAs !== undefined);
    if (command.fileId === '') await this.begin(fileId, command);
    const staged = await this.staging.find(tenantId, fileId);
    if (!staged) throw this.unknown(fileId);
    if (!Number.isSafeInteger(command.offset) || command.offset < 0)
      throw new Problem('invalid_request', 'offset is a count of bytes, 0 for the first chunk.', { param: 'offset' });
    if (command.offset + command.bytes.length > maxFileBytes) {
      throw new Problem('payload_too_large', `A file has at most ${maxFileBytes} bytes; send it in parts.`, { param: 'offset' });
    }
    const size = await this.staging.write(tenantId, fileId, command.offset, command.bytes);
    if (!command.last) return toReceiving(fileId, staged, size);
    return this.complete(fileId, { ...staged, size }, tenantId, now);
  }

  private async begin(fileId: string, { tenantId, name, mapping, now }: PutFileChunkCommand): Promise<void> {
    if (mapping !== '' && !(await this.mappings.of(tenantId)).byCode(mapping)) {
      throw new Problem('not_found', `There is no mapping ${mapping.slice(0, 100)}; list the mappings to see which there are.`, {
        param: 'mapping',
      });
    }
    await this.staging.begin(tenantId, fileId, { name: name.slice(0, 255), mapping, createdMs: now });
  }

  private async complete(
    fileId: string,
    staged: { readonly name: string; readonly mapping: string; readonly size: number },
    tenantId: string,
    now: Instant,
  ): Promise<ingestionV1.FileImport> {
    const sha256 = await this.staging.seal(tenantId, fileId);
    const { name, mapping, size } = staged;
    const earlier = await this.ledger.state({ tenant: tenantId, sha256 });
    if (earlier && earlier.status !== 'failed' && earlier.id !== fileId) {
      await this.ledger.noteRepeated(fileId, earlier);
      await this.staging.drop(tenantId, fileId);
      return toFileImport(earlier, true);
    }
    const { state, fresh } = await this.ledger.receive(
      { id: fileId, tenant: tenantId, name, mapping, sha256, sizeBytes: size },
      now,
    );
    if (!fresh) {
      await this.ledger.noteRepeated(fileId, state);
      await this.staging.drop(tenantId, fileId);
    }
    return toFileImport(state, !fresh);
  }

  private unknown(fileId: string): Problem {
    return new Problem(
      'not_found',
      `No file ${fileId.slice(0, 64)} is being received; begin with a first chunk that names no file.`,
      { param: 'file_id' },
    );
  }
}

function toReceiving(
  id: string,
  file: { readonly name: string; readonly mapping: string; readonly createdMs: number },
  size: number,
): ingestionV1.FileImport {
  const { name, mapping, createdMs } = file;
  return create(ingestionV1.FileImportSchema, {
    id,
    name,
    mapping,
    status: 'receiving',
    sizeBytes: String(size),
    progressBytes: '0',
    createdAt: toRfc3339(createdMs),
  });
}
