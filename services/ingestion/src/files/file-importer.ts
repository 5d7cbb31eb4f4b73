import { type Instant, Problem } from '@tollkeeper/kernel';
import type { Timers } from '@tollkeeper/ports';
import type { IntakeLimits } from '../accept/intake-limits.js';
import { invalid } from '../accept/fault.js';
import { readMapped, readRecords } from '../accept/read-records.js';
import { UsageIntake } from '../accept/usage-intake.js';
import type { UsagePublisher } from '../accept/usage-publisher.js';
import type { CompiledMapping } from '../mapping/compiled-mapping.js';
import type { MappingCatalogue, TenantMappings } from '../mapping/mapping-catalogue.js';
import { errorCodeOf } from './error-code.js';
import { FileFault, type FileRecord } from './file-fault.js';
import { type FileLedger, type FileProgress, type FileState, receiptIdOf } from './file-ledger.js';
import { csvRecords, jsonRecords } from './file-records.js';
import type { FileStaging } from './file-staging.js';
import { textChunks } from './text-chunks.js';

/** Records of one batch, and batches between two durable notes of progress. */
const batchRecords = 1_000;
const progressEvery = 20;
const maxInflatedBytes = 64 * 2 ** 30;
const maxRunning = 2;
const retryMs = 2_000;
/** An upload that nobody went on with for this long is given up. */
const abandonedMs = 7 * 86_400_000;

export interface FileImporterPorts {
  readonly timers: Timers;
  now(tenantId: string): Instant;
  onFailed(file: FileState, error: unknown): void;
}

/** The import was stopped with its process; the next start goes on. */
class Stopped extends Error {
  override readonly name = 'Stopped';
}

/**
 * Works through received files in the background, a few at a time, with one batch in memory each. Batches are cut by record
 * number and have derived receipt ids, so that a batch which a crash repeats is the very same batch.
 */
export class FileImporter {
  private readonly waiting = new Map<string, FileState>();
  private readonly running = new Map<string, Promise<void>>();
  private stopped = false;

  constructor(
    private readonly ports: FileImporterPorts,
    private readonly staging: FileStaging,
    private readonly mappings: MappingCatalogue,
    private readonly publisher: UsagePublisher,
    private readonly limits: IntakeLimits,
    private readonly ledger: () => FileLedger,
  ) {}

  /** Goes on with what the end of the process interrupted, and drops what nobody needs any more. `now` is the machine's. */
  async resume(now: Instant): Promise<void> {
    for (const { tenantId, fileId, writtenMs } of await this.staging.list()) {
      const file = await this.ledger().find(tenantId, fileId);
      const isLeftOver = file ? file.status !== 'importing' || file.sameAs !== undefined : now - writtenMs > abandonedMs;
      if (isLeftOver) await this.staging.drop(tenantId, fileId);
    }
    for (const file of await this.ledger().interrupted()) this.enqueue(file);
  }

  enqueue(file: FileState): void {
    if (this.running.has(file.id) || this.stopped) return;
    this.waiting.set(file.id, file);
    this.next();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.running.values());
  }

  private next(): void {
    for (const [id, file] of this.waiting) {
      if (this.stopped || this.running.size >= maxRunning) return;
      this.waiting.delete(id);
      const run = this.run(file).finally(() => {
        this.running.delete(id);
        this.next();
      });
      this.running.set(id, run);
    }
  }

  /** Never rejects. */
  private async run(file: FileState): Promise<void> {
    try {
      const state = await this.ledger().state(file);
      if (!state || state.id !== file.id) return;
      if (state.status === 'importing') await this.import(state);
      await this.staging.drop(file.tenant, file.id);
    } catch (error) {
      if (error instanceof Stopped) return;
      this.ports.onFailed(file, error);
      if (!this.stopped) this.ports.timers.after(retryMs, () => this.enqueue(file));
    }
  }

  private async import(file: FileState): Promise<void> {
    let progress: FileProgress = file;
    const note = { bytes: 0 };
    try {
      const mappings = await this.mappings.of(file.tenant);
      const mapping = file.mapping === '' ? undefined : mappings.byCode(file.mapping);
      if (file.mapping !== '' && !mapping) throw new FileFault(`There is no mapping ${file.mapping} any more.`);
      for await (const batch of this.batches(file, mapping, note)) {
        progress = await this.take(file, mapping, mappings, batch, {
          ...progress,
          progressBytes: Math.min(note.bytes, file.sizeBytes),
        });
        if (progress.batches % progressEvery === 0) await this.ledger().progress(file, progress, this.ports.now(file.tenant));
        if (batch.fault) throw batch.fault;
      }
      await this.ledger().finish(file, { ...progress, progressBytes: file.sizeBytes }, '', this.ports.now(file.tenant));
    } catch (error) {
      const fault =
        errorCodeOf(error) === 'ENOENT'
          ? new FileFault('The received file is not in the files folder any more; send it again.')
          : error;
      if (!(fault instanceof FileFault)) throw error;
      await this.ledger().finish(file, progress, fault.message, this.ports.now(file.tenant));
    }
  }

  /** Batches behind those that are done; the last may come with the fault that ended the reading. */
  private async *batches(file: FileState, mapping: CompiledMapping | undefined, note: { bytes: number }): AsyncGenerator<Batch> {
    let records: FileRecord[] = [];
    let seen = 0;
    let fault: FileFault | undefined;
    try {
      for await (const record of this.records(file, mapping, note)) {
        if (seen++ < file.records) continue;
        records.push(record);
        if (records.length < batchRecords) continue;
        yield { records, fault: undefined };
        if (this.stopped) throw new Stopped();
        records = [];
      }
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      fault = error;
    }
    if (records.length > 0 || fault) yield { records, fault };
    else if (seen === 0) throw new FileFault('The file holds no records.');
  }

  private records(file: FileState, mapping: CompiledMapping | undefined, note: { bytes: number }): AsyncGenerator<FileRecord> {
    const csv = mapping?.definition.format === 'csv' ? (mapping.definition.csv ?? defaultCsv) : undefined;
    const chunks = textChunks({
      path: this.staging.contentPath(file.tenant, file.id),
      encoding: csv?.encoding ?? 'utf-8',
      maxInflatedBytes,
      onProgress: (bytes) => {
        note.bytes = bytes;
      },
    });
    return csv ? csvRecords(chunks, csv) : jsonRecords(chunks);
  }

  private async take(
    file: FileState,
    mapping: CompiledMapping | undefined,
    mappings: TenantMappings,
    batch: Batch,
    before: FileProgress,
  ): Promise<FileProgress> {
    if (batch.records.length === 0) return before;
    const source = {
      tenantId: file.tenant,
      receiptId: receiptIdOf(file, before.batches),
      receivedMs: file.createdMs,
      origin: `file:${file.id}`,
    };
    const intake = new UsageIntake(source, this.publisher.topic.partitions, this.limits.originalUnits);
    for (const [i, record] of batch.records.entries()) {
      intake.index = before.records + i;
      if (record.fault !== undefined)
        intake.refuse(invalid(`line ${record.line}`, record.fault), record.value, mapping?.code ?? '');
      else if (mapping) readMapped(record.value, mapping, intake);
      else readRecords({ records: [record.value], duplicateKeys: undefined, careful: true }, undefined, mappings.byType, intake);
    }
    if (before.records === 0) refuseWrongFile(batch, intake, mapping);
    await this.publish(intake);
    return {
      ...before,
      records: before.records + batch.records.length,
      batches: before.batches + 1,
      accepted: before.accepted + intake.received - intake.quarantined,
      quarantined: before.quarantined + intake.quarantined,
      filtered: before.filtered + intake.filtered,
    };
  }

  /** Waits while the bus is full: the file is on disk and can wait. */
  private async publish(intake: UsageIntake): Promise<void> {
    for (;;) {
      try {
        return await this.publisher.publish(intake);
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'unavailable') throw error;
        if (this.stopped) throw new Stopped();
        const seconds = error.extra.retryAfterS ?? 1;
        await new Promise<void>((resolve) => this.ports.timers.after(seconds * 1000, resolve));
      }
    }
  }
}

interface Batch {
  readonly records: readonly FileRecord[];
  readonly fault: FileFault | undefined;
}

const defaultCsv = { delimiter: ',', header: true, encoding: 'utf-8', decimal_comma: false } as const;

/**
 * A file none of whose first records can be told apart as usage was sent with the wrong mapping, or is no such file at all; a
 * million quarantined records would help nobody.
 */
function refuseWrongFile(batch: Batch, intake: UsageIntake, mapping: CompiledMapping | undefined): void {
  const { results } = intake.receipt();
  const [first] = results;
  const isUnknown = (result: (typeof results)[number]) =>
    result.reason === 'no_mapping' || (!mapping && result.param === 'specversion');
  const isUnreadable = batch.records.every((record) => record.fault !== undefined);
  if (!first || !(isUnreadable || results.every(isUnknown))) return;
  const by = mapping ? `mapping ${mapping.code}` : 'the mappings that take CloudEvents by their type';
  throw new FileFault(
    `None of the first ${results.length} records can be read with ${by}. ${first.detail} Name the right mapping and send the file again.`,
  );
}
