import { create } from '@bufbuild/protobuf';
import type { ChainWriter } from '@tollkeeper/chain-kit';
import { ingestionV1 } from '@tollkeeper/contracts';
import { derivedId, fromCanonicalBytes, type Instant, toRfc3339 } from '@tollkeeper/kernel';
import type { View, ViewDocument } from '@tollkeeper/ports';

/** One content of a tenant: the folded state of `file/<tenant>/<sha256>`. */
export interface FileState {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
  readonly mapping: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly status: 'importing' | 'done' | 'failed';
  /** Records that are worked through and durable; an import goes on behind them. */
  readonly records: number;
  /** Receipts made so far: their ids follow from the file's id. */
  readonly batches: number;
  readonly accepted: number;
  readonly quarantined: number;
  readonly filtered: number;
  readonly progressBytes: number;
  readonly error: string;
  readonly createdMs: Instant;
  /** 0 while it runs. */
  readonly finishedMs: Instant;
}

/** A file as the view shows it. `sameAs` names the earlier import when the same content was sent again. */
export type FileDocument = ViewDocument & FileState & { readonly sameAs?: string };

/** How far an import is. */
export type FileProgress = Pick<FileState, 'records' | 'batches' | 'accepted' | 'quarantined' | 'filtered' | 'progressBytes'>;

const maxReceiptIds = 100;

/** The files of all tenants, by content. */
export class FileLedger {
  constructor(
    private readonly writer: ChainWriter,
    private readonly view: View<FileDocument>,
    /** Told of every import that is to run, also of those that a crash interrupted. */
    onImporting: (file: FileState) => void,
  ) {
    writer.follow('file/', async (entry) => {
      const state = fromCanonicalBytes<FileState>(entry.state);
      await view.put([{ ...state, version: entry.n }]);
      if (state.status === 'importing') onImporting(state);
    });
  }

  /** Begins an import, unless the same content is imported or is being so: then `fresh` is false and the earlier one is answered. */
  async receive(
    file: Pick<FileState, 'id' | 'tenant' | 'name' | 'mapping' | 'sha256' | 'sizeBytes'>,
    now: Instant,
  ): Promise<{ readonly state: FileState; readonly fresh: boolean }> {
    let earlier: FileState | undefined;
    const { entry } = await this.writer.execute<FileState>({
      chain: chainOf(file),
      cause: file.id,
      now,
      decide: (state) => {
        earlier = state && state.status !== 'failed' ? state : undefined;
        if (earlier) return undefined;
        const zero = {
          records: 0,
          batches: 0,
          accepted: 0,
          quarantined: 0,
          filtered: 0,
          progressBytes: 0,
          error: '',
          finishedMs: 0,
        };
        return { kind: 'file_received', body: { id: file.id }, state: { ...file, ...zero, status: 'importing', createdMs: now } };
      },
    });
    if (entry) return { state: fromCanonicalBytes<FileState>(entry.state), fresh: true };
    if (!earlier) throw new Error(`nothing was written for file ${file.id}, and nothing stood there`);
    return { state: earlier, fresh: earlier.id === file.id };
  }

  /** Makes progress durable, so that a restart goes on from here. */
  async progress(file: FileState, progress: FileProgress, now: Instant): Promise<void> {
    await this.write(file, `${file.id}/${progress.batches}`, 'file_progressed', progress, now);
  }

  async finish(file: FileState, progress: FileProgress, error: string, now: Instant): Promise<void> {
    const end = { ...progress, error, status: error === '' ? ('done' as const) : ('failed' as const), finishedMs: now };
    await this.write(file, `${file.id}/end`, error === '' ? 'file_imported' : 'file_failed', end, now);
  }

  private async write(file: FileState, cause: string, kind: string, change: Partial<FileState>, now: Instant): Promise<void> {
    await this.writer.execute<FileState>({
      chain: chainOf(file),
      cause,
      now,
      decide: (state) =>
        state && state.id === file.id && state.status === 'importing'
          ? { kind, body: {}, state: { ...state, ...change } }
          : undefined,
    });
  }

  async find(tenantId: string, id: string): Promise<FileDocument | undefined> {
    const document = await this.view.get(id);
    return document?.tenant === tenantId ? document : undefined;
  }

  /** What the chain says, which never lags behind. */
  async state(file: Pick<FileState, 'tenant' | 'sha256'>): Promise<FileState | undefined> {
    return this.writer.state<FileState>(chainOf(file));
  }

  /** Remembers that an upload brought nothing new, so that its last chunk can be sent again. */
  async noteRepeated(id: string, earlier: FileState): Promise<void> {
    await this.view.put([{ ...earlier, id, version: 0, sameAs: earlier.id }]);
  }

  /** Imports that were running when the process ended. */
  async interrupted(): Promise<readonly FileState[]> {
    const { items } = await this.view.list({ index: 'status', equals: ['importing'], limit: 10_000 });
    return items.filter((item) => item.sameAs === undefined);
  }
}

function chainOf(file: Pick<FileState, 'tenant' | 'sha256'>): string {
  return `file/${file.tenant}/${file.sha256}`;
}

/** The receipt of one batch of a file: the same batch sent again is the same receipt. */
export function receiptIdOf(file: Pick<FileState, 'id' | 'tenant'>, batch: number): string {
  return derivedId('receipt', file.tenant, `${batch}/${file.id}`);
}

export function toFileImport(file: FileState, repeated: boolean): ingestionV1.FileImport {
  const { id, name, mapping, sha256, status, records, accepted, quarantined, filtered, error } = file;
  return create(ingestionV1.FileImportSchema, {
    id,
    name,
    mapping,
    sha256,
    sizeBytes: String(file.sizeBytes),
    status,
    records,
    accepted,
    quarantined,
    filtered,
    error,
    createdAt: toRfc3339(file.createdMs),
    finishedAt: file.finishedMs === 0 ? '' : toRfc3339(file.finishedMs),
    receiptIds: Array.from({ length: Math.min(file.batches, maxReceiptIds) }, (_, batch) => receiptIdOf(file, batch)),
    repeatedFile: repeated,
    progressBytes: String(file.progressBytes),
  });
}
