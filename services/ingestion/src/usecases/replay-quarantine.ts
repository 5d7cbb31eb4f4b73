import type { ChainWriter } from '@tollkeeper/chain-kit';
import { derivedId, type Entry, fromCanonicalBytes, type Instant, Problem } from '@tollkeeper/kernel';
import type { View } from '@tollkeeper/ports';
import { UsageIntake } from '../accept/usage-intake.js';
import type { UsagePublisher } from '../accept/usage-publisher.js';
import type { QuarantineState } from '../intake/quarantine-ledger.js';
import type { Fix } from '../mapping/compiled-mapping.js';
import type { MappingCatalogue } from '../mapping/mapping-catalogue.js';
import type { QuarantineDocument } from '../store/views.js';
import { checkFix, readQuarantined } from './mend-event.js';

export interface ReplayCommand {
  readonly tenantId: string;
  readonly cause: string;
  readonly now: Instant;
  /** One item, or … */
  readonly id: string;
  /** … every open item of a reason. */
  readonly reason: string;
  readonly fix: Fix;
}

export interface Replayed {
  readonly receiptIds: readonly string[];
}

/** Body of an entry of kind `replayed` in the quarantine chain: the intention, carried out by the follow-up. */
interface ReplayedBody {
  readonly id: string;
  readonly reason: string;
  readonly cause: string;
  readonly receipt: string;
  readonly fix: Fix;
}

/** Items that one call by reason takes at most; the caller repeats it until nothing is replayed any more. */
const maxAtOnce = 1_000;

/**
 * Sends quarantined events again, mended. The entry `replayed` comes first, with the cause `replayed:<id>`, so that an item is
 * replayed once; its follow-up sends the event under a receipt id that derives from it, and is repeated until it worked.
 */
export class ReplayQuarantine {
  constructor(
    private readonly writer: ChainWriter,
    private readonly view: View<QuarantineDocument>,
    private readonly mappings: MappingCatalogue,
    private readonly publisher: UsagePublisher,
    private readonly originalUnits: number,
  ) {
    writer.follow('quarantine/', (entry) => this.send(entry));
  }

  async execute(command: ReplayCommand): Promise<Replayed> {
    checkFix(command.fix);
    if ((command.id === '') === (command.reason === '')) {
      throw new Problem('invalid_request', 'Name either the id of one item or the reason whose open items shall be replayed.', {
        param: 'id',
      });
    }
    return command.id === '' ? this.replayReason(command) : { receiptIds: [await this.replayOne(command)] };
  }

  private async replayOne(command: ReplayCommand): Promise<string> {
    const item = await this.view.get(command.id);
    if (!item || item.tenant !== command.tenantId)
      throw new Problem('not_found', `There is no quarantined event ${command.id.slice(0, 64)}.`, { param: 'id' });
    if (item.status === 'open') await this.check(item, command.fix);
    return this.replay(item, command);
  }

  /** @throws Problem unprocessable when the event would be refused again */
  private async check(item: QuarantineDocument, fix: Fix): Promise<void> {
    const intake = await this.read(item, fix, { receiptId: '', receivedMs: 0 });
    const refusal = intake.receipt().results.find((result) => result.status !== 'accepted');
    if (refusal)
      throw new Problem('unprocessable', `The event cannot be used yet: ${refusal.detail}`, {
        param: refusal.param === '' ? 'fix' : `fix.${refusal.param}`,
      });
  }

  private async replayReason(command: ReplayCommand): Promise<Replayed> {
    const { tenantId, cause, reason } = command;
    if (Object.keys(command.fix).length > 0)
      throw new Problem('invalid_request', 'Fields can be mended for one item at a time; name its id.', { param: 'fix' });
    const before = await this.view.list({ index: 'replay', equals: [tenantId, cause], limit: maxAtOnce });
    const open = await this.view.list({ index: 'reasonStatus', equals: [tenantId, reason, 'open'], limit: maxAtOnce });
    const receiptIds = before.items.map((item) => item.replayReceiptId);
    for (const item of open.items) {
      try {
        await this.check(item, {});
        receiptIds.push(await this.replay(item, command));
      } catch (error) {
        // What cannot be used yet, or was replayed by somebody else just now, stays as it is.
        if (!(error instanceof Problem)) throw error;
      }
    }
    return { receiptIds };
  }

  private async replay(item: QuarantineDocument, command: ReplayCommand): Promise<string> {
    const { tenantId, cause, fix } = command;
    const receipt = derivedId('receipt', tenantId, `${item.id}/${cause}`);
    const body: ReplayedBody = { id: item.id, reason: item.reason, cause, receipt, fix };
    const { entry } = await this.writer.execute<QuarantineState>({
      chain: `quarantine/${tenantId}/${item.day}`,
      cause: `replayed:${item.id}`,
      now: command.now,
      decide: (state) => {
        const open = { ...state?.open, [item.reason]: Math.max(0, (state?.open[item.reason] ?? 0) - 1) };
        return { kind: 'replayed', body: { ...body, fix: { ...fix } }, state: { open } };
      },
    });
    const made = entry && fromCanonicalBytes<ReplayedBody>(entry.body);
    if (made?.cause !== cause)
      throw new Problem('conflict', `The event was replayed already, under receipt ${made?.receipt ?? ''}.`, { param: 'id' });
    return made.receipt;
  }

  /** Follow-up of a `replayed` entry; the other entries of the chain need none. */
  private async send(entry: Entry): Promise<void> {
    if (entry.kind !== 'replayed') return;
    const body = fromCanonicalBytes<ReplayedBody>(entry.body);
    const item = await this.view.get(body.id);
    if (!item) return;
    const intake = await this.read(item, body.fix, { receiptId: body.receipt, receivedMs: entry.bookedAt });
    await this.publisher.publish(intake);
    await this.view.put([{ ...item, version: 2, status: 'replayed', replayReceiptId: body.receipt, replayCause: body.cause }]);
  }

  private async read(
    item: QuarantineDocument,
    fix: Fix,
    source: { readonly receiptId: string; readonly receivedMs: Instant },
  ): Promise<UsageIntake> {
    const intake = new UsageIntake(
      { tenantId: item.tenant, origin: `replay:${item.id}`, ...source },
      this.publisher.topic.partitions,
      this.originalUnits,
    );
    readQuarantined(item, fix, await this.mappings.of(item.tenant), intake);
    return intake;
  }
}
