import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ingestionV1, type tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { IngestionCore } from './ingestion.core.js';
import { getQuarantineItem, listQuarantine, summarizeQuarantine } from './usecases/read-quarantine.js';

const { method } = ingestionV1.IngestionService;

/** What could not be used, why, and another try. */
@Controller()
export class QuarantineController {
  constructor(@Inject(IngestionCore) private readonly core: IngestionCore) {}

  @Rpc(method.listQuarantine)
  listQuarantine(@Payload() request: ingestionV1.ListQuarantineRequest): Promise<ingestionV1.QuarantinePage> {
    return listQuarantine(this.core.views.quarantine, request);
  }

  @Rpc(method.getQuarantineItem)
  getQuarantineItem(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ingestionV1.QuarantineItem> {
    return getQuarantineItem(this.core.views.quarantine, tenantId, id);
  }

  @Rpc(method.summarizeQuarantine)
  summarizeQuarantine(@Payload() { tenantId }: tenantV1.ListRequest): Promise<ingestionV1.QuarantineSummary> {
    return summarizeQuarantine(this.core.ports.chains, tenantId);
  }

  @Rpc(method.replayQuarantine)
  async replayQuarantine(@Payload() request: ingestionV1.ReplayRequest): Promise<ingestionV1.ReplayReply> {
    const { tenantId, cause, id, reason, fix } = request;
    const { receiptIds } = await this.core.replayQuarantine.execute({
      tenantId,
      cause,
      id,
      reason,
      fix,
      now: this.core.ports.clocks.now(tenantId),
    });
    return create(ingestionV1.ReplayReplySchema, { replayed: receiptIds.length, receiptIds: [...receiptIds] });
  }
}
