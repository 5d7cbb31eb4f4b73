import { Inject, Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { ChainWriter } from '@tollkeeper/chain-kit';
import { SERVICE_PORTS, type ServicePorts, usageTopic } from '@tollkeeper/nest-kit';
import { UsagePublisher } from './accept/usage-publisher.js';
import { FileImporter } from './files/file-importer.js';
import { FileLedger } from './files/file-ledger.js';
import { FileStaging } from './files/file-staging.js';
import { WatchFolder } from './files/watch-folder.js';
import { type IngestionOptions, limitsOf } from './ingestion.options.js';
import { IntakeConsumer } from './intake/intake.consumer.js';
import { IntakeLedger } from './intake/intake-ledger.js';
import { QuarantineLedger } from './intake/quarantine-ledger.js';
import { MappingCatalogue } from './mapping/mapping-catalogue.js';
import { shippedMappings } from './mapping/shipped-mappings.js';
import { type IngestionViews, openViews } from './store/views.js';
import { AcceptUsage } from './usecases/accept-usage.js';
import { PutFileChunk } from './usecases/put-file-chunk.js';
import { ReplayQuarantine } from './usecases/replay-quarantine.js';

/** Injection token of the options. */
export const INGESTION_OPTIONS = Symbol('IngestionOptions');

const sweepMs = 30_000;

/** The parts of this service, put together; its background work starts and ends with the application. */
@Injectable()
export class IngestionCore implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('ingestion');
  readonly views: IngestionViews;
  readonly mappings: MappingCatalogue;
  readonly acceptUsage: AcceptUsage;
  readonly replayQuarantine: ReplayQuarantine;
  readonly putFileChunk: PutFileChunk;
  readonly files: FileLedger;
  private readonly writer: ChainWriter;
  private readonly consumer: IntakeConsumer;
  private readonly importer: FileImporter;
  private readonly watch: WatchFolder | undefined;
  private cancelSweep: (() => void) | undefined;
  private stopped = false;

  constructor(
    @Inject(SERVICE_PORTS) readonly ports: ServicePorts,
    @Inject(INGESTION_OPTIONS) private readonly options: IngestionOptions,
  ) {
    const limits = limitsOf(options);
    const { chains, views, bus, timers, clock, clocks, randomness } = ports;
    const now = (tenantId: string) => clocks.now(tenantId);
    this.views = openViews(views);
    const onFollowUpFailed = (entry: { readonly chain: string; readonly n: number }, error: unknown) =>
      this.logger.warn(`what follows ${entry.chain}#${entry.n} is put off: ${textOf(error)}`);
    this.writer = new ChainWriter({ chains, views, timers, onFollowUpFailed });
    this.mappings = new MappingCatalogue(this.writer, this.views.mappings, clock);
    const publisher = new UsagePublisher(bus, usageTopic(options.usagePartitions));
    this.acceptUsage = new AcceptUsage(publisher, this.mappings, randomness, limits);
    this.replayQuarantine = new ReplayQuarantine(
      this.writer,
      this.views.quarantine,
      this.mappings,
      publisher,
      limits.originalUnits,
    );
    const intake = new IntakeLedger(chains, views, this.views.receipts, timers);
    const onPutOff = (error: unknown) => this.logger.warn(`outcomes are put off: ${textOf(error)}`);
    this.consumer = new IntakeConsumer(
      { bus, clock, now, onPutOff },
      intake,
      new QuarantineLedger(chains, this.views.quarantine),
      this.views.receipts,
    );
    const staging = new FileStaging(options.filesFolder);
    const onFailed = (file: { readonly id: string }, error: unknown) =>
      this.logger.warn(`the import of ${file.id} is put off: ${textOf(error)}`);
    this.importer = new FileImporter({ timers, now, onFailed }, staging, this.mappings, publisher, limits, () => this.files);
    this.files = new FileLedger(this.writer, this.views.files, (file) => this.importer.enqueue(file));
    this.putFileChunk = new PutFileChunk(staging, this.files, this.mappings);
    this.watch = options.watchFolder === undefined ? undefined : this.watchFolder(options.watchFolder, options.watchIntervalMs);
  }

  async onApplicationBootstrap(): Promise<void> {
    shippedMappings();
    await this.consumer.start();
    await this.sweep();
    if (this.options.importsFiles ?? true) await this.importer.resume(this.ports.clock.now());
    this.watch?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    this.cancelSweep?.();
    await this.watch?.stop();
    await this.importer.stop();
    await this.consumer.stop();
    await this.writer.settle().catch(() => undefined);
  }

  private async sweep(): Promise<void> {
    try {
      await this.writer.sweep();
      await this.consumer.sweep();
    } catch (error) {
      this.logger.warn(`the sweep is put off: ${textOf(error)}`);
    }
    if (!this.stopped) this.cancelSweep = this.ports.timers.after(sweepMs, () => void this.sweep());
  }

  private watchFolder(folder: string, intervalMs = 5_000): WatchFolder {
    const { timers, clocks, client } = this.ports;
    const onTrouble = (text: string) => this.logger.warn(text);
    return new WatchFolder(
      { timers, client, now: (tenantId) => clocks.now(tenantId), onTrouble },
      { folder, intervalMs },
      this.putFileChunk,
      this.files,
    );
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
