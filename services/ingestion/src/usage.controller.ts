import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ingestionV1, ratingV1, type tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';
import { Rpc } from '@tollkeeper/nest-kit';
import { IngestionCore } from './ingestion.core.js';
import { listIntakeDays } from './intake/intake-days.js';
import { toReceipt } from './intake/receipt-document.js';
import { readPage } from './store/read-page.js';
import { verifyIngestionChains } from './usecases/verify-ingestion-chains.js';

const { method } = ingestionV1.IngestionService;

/** Usage in, and what became of it. */
@Controller()
export class UsageController {
  constructor(@Inject(IngestionCore) private readonly core: IngestionCore) {}

  @Rpc(method.acceptUsage)
  acceptUsage(@Payload() request: ingestionV1.AcceptUsageRequest): Promise<ingestionV1.Receipt> {
    const { tenantId, cause, contentType, contentEncoding, body, mapping } = request;
    const now = request.nowMs > 0 ? request.nowMs : this.core.ports.clocks.now(tenantId);
    return this.core.acceptUsage.execute({ tenantId, cause, contentType, contentEncoding, body, mapping, now });
  }

  @Rpc(method.getReceipt)
  async getReceipt(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ingestionV1.Receipt> {
    const document = await this.core.views.receipts.get(id);
    if (!document || document.tenant !== tenantId) {
      throw new Problem(
        'not_found',
        `There is no receipt ${id.slice(0, 64)}; one that was just given out appears within a second.`,
        { param: 'id' },
      );
    }
    return toReceipt(document);
  }

  @Rpc(method.listReceipts)
  async listReceipts(@Payload() request: tenantV1.ListRequest): Promise<ingestionV1.ReceiptPage> {
    const query = { index: 'tenant', equals: [request.tenantId], descending: true };
    const { items, next } = await readPage(this.core.views.receipts, query, request.limit, request.cursor);
    return create(ingestionV1.ReceiptPageSchema, { items: items.map(toReceipt), nextCursor: next ?? '' });
  }

  @Rpc(method.listIntakeDays)
  listIntakeDays(@Payload() request: ingestionV1.IntakeDayRequest): Promise<ingestionV1.IntakeDays> {
    const { tenantId, from, to } = request;
    return listIntakeDays(this.core.ports.chains, tenantId, from, to, this.core.ports.clocks.now(tenantId));
  }

  @Rpc(method.verifyChains)
  verifyChains(@Payload() request: ratingV1.VerifyRequest): Promise<ratingV1.VerifyReply> {
    return verifyIngestionChains(this.core.ports.chains, request);
  }
}
