import type { ingestionV1 } from '@tollkeeper/contracts';
import { derivedId, type Instant, newId, Problem, type Randomness } from '@tollkeeper/kernel';
import { bodyFormOf, inflateBody } from '../accept/decode-body.js';
import type { IntakeLimits } from '../accept/intake-limits.js';
import { parseBody } from '../accept/parse-body.js';
import { readPlainEvents } from '../accept/plain-events.js';
import { readRecords } from '../accept/read-records.js';
import { UsageIntake } from '../accept/usage-intake.js';
import type { UsagePublisher } from '../accept/usage-publisher.js';
import type { MappingCatalogue } from '../mapping/mapping-catalogue.js';

export interface AcceptUsageCommand {
  readonly tenantId: string;
  /** Empty when the caller named none: then a repeated batch is told apart by the identities of its events alone. */
  readonly cause: string;
  readonly contentType: string;
  readonly contentEncoding: string;
  readonly body: Uint8Array;
  /** On the tenant's clock. */
  readonly now: Instant;
  /** Code of a mapping, or empty. */
  readonly mapping: string;
}

/** A mapping may make several events of one record; on average no more than this. */
const maxEventsPerRecord = 4;

/** Takes a batch of usage in: parse, validate, map, split, publish. The answer comes when everything is durable. */
export class AcceptUsage {
  constructor(
    private readonly publisher: UsagePublisher,
    private readonly mappings: MappingCatalogue,
    private readonly randomness: Randomness,
    private readonly limits: IntakeLimits,
  ) {}

  /** @throws Problem for a body that cannot be read as a whole; single bad events are in the receipt's results */
  async execute(command: AcceptUsageCommand): Promise<ingestionV1.Receipt> {
    const { tenantId, cause, now } = command;
    const form = bodyFormOf(command.contentType);
    const mappings = await this.mappings.of(tenantId);
    const named = command.mapping === '' ? undefined : mappings.byCode(command.mapping);
    if (command.mapping !== '' && !named) {
      throw new Problem(
        'not_found',
        `There is no mapping ${command.mapping.slice(0, 100)}; list the mappings to see which there are.`,
        { param: 'mapping' },
      );
    }
    if (named?.definition.format === 'csv') {
      throw new Problem('invalid_request', `Mapping ${named.code} reads CSV files; send the file to /v1/files.`, {
        param: 'mapping',
      });
    }
    const body = await inflateBody(command.body, command.contentEncoding, this.limits);
    const receiptId = cause === '' ? newId('receipt', now, this.randomness) : derivedId('receipt', tenantId, cause);
    const intake = new UsageIntake(
      { tenantId, receiptId, receivedMs: now, origin: 'api' },
      this.publisher.topic.partitions,
      this.limits.originalUnits,
    );
    const plain = readPlainEvents(body, form, this.limits.records, receiptId);
    if (plain) for (const event of plain) intake.add(event);
    else readRecords(parseBody(body, form, this.limits), named, mappings.byType, intake);
    if (intake.received > maxEventsPerRecord * this.limits.records) {
      throw new Problem(
        'payload_too_large',
        `The records hold ${intake.received} events; at most ${maxEventsPerRecord * this.limits.records} are taken at once. Send them in parts, or as a file.`,
      );
    }
    await this.publisher.publish(intake);
    return intake.receipt();
  }
}
