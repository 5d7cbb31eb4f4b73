import { create } from '@bufbuild/protobuf';
import { LocalBus } from '@tollkeeper/bus-local';
import { LevelChainStore } from '@tollkeeper/chain-store-level';
import { ingestionV1, tenantV1, usageV1, type UsageBatchValue, type UsageEventValue } from '@tollkeeper/contracts';
import type { Instant } from '@tollkeeper/kernel';
import {
  InProcessClient,
  InProcessServer,
  intakeTopic,
  partitionOf,
  rpcPattern,
  ServiceClient,
  type ServicePorts,
  TenantClocks,
  usageTopic,
} from '@tollkeeper/nest-kit';
import type { ActorHost, Subscription, Timers } from '@tollkeeper/ports';
import { LevelViewStore } from '@tollkeeper/view-store-level';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IngestionCore } from './ingestion.core.js';
import { MappingController } from './mapping.controller.js';
import { QuarantineController } from './quarantine.controller.js';
import { UsageController } from './usage.controller.js';

export const tenant = 'ten_00000000000000000000000001';
export const otherTenant = 'ten_00000000000000000000000002';
export const start: Instant = Date.UTC(2026, 2, 1, 12);
const partitions = 4;

const timers: Timers = {
  after(delayMs, work) {
    const timer = setTimeout(work, delayMs);
    return () => clearTimeout(timer);
  },
};

/** What became of an event in the stand-in for rating: a device named `unknown-…` is refused, a repeated id is a duplicate. */
type Fate = 'booked' | 'duplicate' | 'quarantined';

/**
 * This service on real stores in a folder, with a consumer in rating's place. `crash` forgets everything that was not made
 * durable by the service itself, and `open` starts on the same folder again.
 */
export class IngestionHouse {
  readonly booked: UsageEventValue[] = [];
  ratingHolds = false;
  private readonly seen = new Map<string, string>();
  private parts:
    | {
        readonly core: IngestionCore;
        readonly bus: LocalBus;
        readonly chains: LevelChainStore;
        readonly views: LevelViewStore;
        readonly rating: Subscription;
      }
    | undefined;
  private causes = 0;

  private constructor(readonly folder: string) {}

  static async build(): Promise<IngestionHouse> {
    const house = new IngestionHouse(await mkdtemp(join(tmpdir(), 'ingestion-')));
    await house.open();
    return house;
  }

  async open(options: { readonly watchFolder?: string } = {}): Promise<void> {
    const chains = await LevelChainStore.open({ folder: join(this.folder, 'chains') });
    const views = await LevelViewStore.open({ folder: join(this.folder, 'views') });
    const bus = await LocalBus.open({ folder: join(this.folder, 'bus') });
    const clock = { now: () => start };
    const randomness = { bytes: (count: number) => randomBytes(count) };
    const ports: ServicePorts = {
      chains,
      views,
      bus,
      actors: noActors,
      timers,
      clock,
      clocks: new TenantClocks(clock),
      randomness,
      client: tenantClient(),
    };
    const core = new IngestionCore(ports, {
      usagePartitions: partitions,
      filesFolder: join(this.folder, 'files'),
      watchIntervalMs: 20,
      ...options,
    });
    await core.onApplicationBootstrap();
    const rating = bus.subscribe(usageTopic(partitions), { group: 'rating', maxInFlight: 100 }, async (deliveries) => {
      if (this.ratingHolds) return;
      for (const delivery of deliveries) {
        await bus.publish(intakeTopic, partitionOf(delivery.value.tenantId, intakeTopic.partitions), [
          { id: 'o', value: this.rate(delivery.value) },
        ]);
        delivery.ack();
      }
    });
    this.parts = { core, bus, chains, views, rating };
  }

  async close(): Promise<void> {
    const { core, bus, chains, views, rating } = this.opened();
    await core.beforeApplicationShutdown();
    await rating.stop();
    await bus.close();
    await views.close();
    await chains.close();
    this.parts = undefined;
  }

  async remove(): Promise<void> {
    if (this.parts) await this.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  get core(): IngestionCore {
    return this.opened().core;
  }
  get bus(): LocalBus {
    return this.opened().bus;
  }
  get chains(): LevelChainStore {
    return this.opened().chains;
  }
  get usage(): UsageController {
    return new UsageController(this.core);
  }
  get quarantine(): QuarantineController {
    return new QuarantineController(this.core);
  }
  get mappings(): MappingController {
    return new MappingController(this.core);
  }

  nextCause(): string {
    return `req_01jn00000${String(++this.causes).padStart(17, '0')}`;
  }

  accept(
    body: unknown,
    change: { cause?: string; contentType?: string; mapping?: string; tenantId?: string } = {},
  ): Promise<ingestionV1.Receipt> {
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(JSON.stringify(body));
    return this.usage.acceptUsage(
      create(ingestionV1.AcceptUsageRequestSchema, {
        tenantId: tenant,
        cause: this.nextCause(),
        contentType: 'application/json',
        body: bytes,
        ...change,
      }),
    );
  }

  async settled(id: string): Promise<ingestionV1.Receipt> {
    return until(async () => {
      const document = await this.core.views.receipts.get(id);
      return document && document.settledMs > 0
        ? this.usage.getReceipt(create(tenantV1.GetRequestSchema, { tenantId: document.tenant, id }))
        : undefined;
    });
  }

  async putFile(
    content: string | Uint8Array,
    change: { name?: string; mapping?: string; cause?: string } = {},
  ): Promise<ingestionV1.FileImport> {
    const bytes = typeof content === 'string' ? Buffer.from(content) : content;
    return this.mappings.putFileChunk(
      create(ingestionV1.PutFileChunkRequestSchema, {
        tenantId: tenant,
        cause: this.nextCause(),
        name: 'usage',
        offset: 0,
        bytes,
        last: true,
        nowMs: start,
        ...change,
      }),
    );
  }

  async imported(id: string): Promise<ingestionV1.FileImport> {
    return until(async () => {
      const file = await this.mappings.getFileImport(create(tenantV1.GetRequestSchema, { tenantId: tenant, id }));
      return file.status === 'importing' ? undefined : file;
    });
  }

  async day(): Promise<ingestionV1.IntakeDay | undefined> {
    const days = await this.usage.listIntakeDays(
      create(ingestionV1.IntakeDayRequestSchema, { tenantId: tenant, from: '2026-03-01', to: '2026-03-02' }),
    );
    return days.items[0];
  }

  private opened() {
    if (!this.parts) throw new Error('the house is closed');
    return this.parts;
  }

  private rate(batch: UsageBatchValue): usageV1.IntakeOutcome {
    const counts = new Map<string, Record<Fate, number>>();
    const refused: usageV1.RefusedEvent[] = [];
    for (const event of batch.events) {
      const fate = this.fateOf(event, `${batch.receiptId}/${event.ordinal}`);
      const ofMeter = counts.get(event.meter) ?? { booked: 0, duplicate: 0, quarantined: 0 };
      ofMeter[fate]++;
      counts.set(event.meter, ofMeter);
      if (fate === 'quarantined') {
        const { ordinal, time, receiptId: _known, dimensions = {}, ...said } = event;
        refused.push(
          create(usageV1.RefusedEventSchema, {
            ordinal,
            reason: 'unknown_device',
            detail: `There is no device ${event.device}.`,
            param: 'device',
            event: create(usageV1.UsageEventSchema, { ...said, ordinal, timeMs: time, dimensions }),
          }),
        );
      }
    }
    const { tenantId, receiptId, part, receivedMs } = batch;
    const day = new Date(receivedMs).toISOString().slice(0, 10);
    return create(usageV1.IntakeOutcomeSchema, {
      tenantId,
      receiptId,
      part,
      day,
      refused,
      counts: [...counts].map(([meter, of]) => ({ meter, ...of })),
    });
  }

  private fateOf(event: UsageEventValue, place: string): Fate {
    if (event.device.startsWith('unknown')) return 'quarantined';
    const identity = `${event.source}\n${event.id}`;
    const before = this.seen.get(identity);
    if (before !== undefined) return before === place ? 'booked' : 'duplicate';
    this.seen.set(identity, place);
    this.booked.push(event);
    return 'booked';
  }
}

/** What the work answers, as soon as it answers something; 10 s at most. */
export async function until<T>(work: () => Promise<T | undefined>): Promise<T> {
  for (let tries = 0; tries < 1000; tries++) {
    const found = await work();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error('waited for 10 s in vain');
}

function tenantClient(): ServiceClient {
  const server = new InProcessServer();
  const items = [create(tenantV1.TenantSchema, { id: tenant, slug: 'northgrid' })];
  server.addHandler(rpcPattern(tenantV1.TenantService.method.listTenants), () =>
    Promise.resolve(create(tenantV1.TenantPageSchema, { items })),
  );
  return new ServiceClient(new InProcessClient(server));
}

/** This service has no actors. */
const noActors: ActorHost = {
  register: () => undefined,
  onDeactivate: () => undefined,
  callMany: () => Promise.reject(new Error('no actors here')),
  call: () => Promise.reject(new Error('no actors here')),
  close: () => Promise.resolve(),
};
