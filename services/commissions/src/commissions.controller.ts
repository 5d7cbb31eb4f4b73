import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { verifyTenantChains } from '@tollkeeper/chain-kit';
import { partnerBalance, type PartnerAccountState } from '@tollkeeper/commissions';
import { commissionsV1, invoicingV1, ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { fromCanonicalBytes, fromRfc3339, Problem } from '@tollkeeper/kernel';
import { factsCaughtUp, patienceFor, Rpc, SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import { CommissionsCore } from './commissions.core.js';
import { chainPrefixes, partnerChain } from './store/chains.js';
import { toStatementMessage } from './store/statement.mapping.js';
import type { AgreementDocument, StatementDocument } from './store/views.js';
import { putAgreement } from './usecases/put-agreement.js';
import { linesBetween, linesOf } from './usecases/read-lines.js';
import { renderStatement } from './usecases/render-statement.js';

const { method } = commissionsV1.CommissionsService;

@Controller()
export class CommissionsController {
  constructor(
    @Inject(SERVICE_PORTS) private readonly ports: ServicePorts,
    @Inject(CommissionsCore) private readonly core: CommissionsCore,
  ) {}

  @Rpc(method.putAgreement)
  async putAgreement(@Payload() request: commissionsV1.PutAgreementRequest): Promise<commissionsV1.Agreement> {
    const ports = { writer: this.core.writer, views: this.core.views, client: this.ports.client };
    return toAgreementMessage(await putAgreement(ports, request, this.ports.clocks.now(request.tenantId)));
  }

  @Rpc(method.listAgreements)
  async listAgreements(@Payload() request: tenantV1.ListRequest): Promise<commissionsV1.AgreementPage> {
    const { tenantId, partnerId } = request;
    const page = await this.core.views.agreements.list({
      index: partnerId ? 'byPartner' : 'byTenant',
      equals: partnerId ? [tenantId, partnerId] : [tenantId],
      cursor: request.cursor || undefined,
      limit: request.limit || 25,
    });
    return create(commissionsV1.AgreementPageSchema, { items: page.items.map(toAgreementMessage), nextCursor: page.next });
  }

  /** The account with its movements, the newest first. A partner without revenue has an empty one. */
  @Rpc(method.getPartnerAccount)
  async getPartnerAccount(@Payload() request: commissionsV1.GetPartnerAccountRequest): Promise<commissionsV1.PartnerAccountPage> {
    const partner = await this.ports.client.call(tenantV1.TenantService.method.getPartner, { tenantId: request.tenantId, id: request.partnerId });
    const currency = request.currency || partner.currency;
    const chain = partnerChain(request.tenantId, partner.id, currency);
    const [head] = await this.ports.chains.heads([chain]);
    const state = head && fromCanonicalBytes<PartnerAccountState>(head.state);
    const sums = state ? partnerBalance(state) : { balance: '0', unstated: '0' };
    const top = this.cursorOf(request.cursor) ?? head?.n ?? 0;
    const limit = request.limit || 25;
    const bottom = Math.max(1, top - limit + 1);
    const entries = top > 0 ? await this.ports.chains.read(chain, bottom, top, limit) : [];
    const headHash = head ? Buffer.from(head.hash).toString('hex') : '';
    return create(commissionsV1.PartnerAccountPageSchema, {
      account: { partnerId: partner.id, currency, ...sums, entries: head?.n ?? 0, headHash },
      lines: [...entries].reverse().flatMap((entry) => linesOf(entry).map(({ line }) => line)),
      nextCursor: bottom > 1 ? String(bottom - 1) : '',
    });
  }

  @Rpc(method.listStatements)
  async listStatements(@Payload() request: tenantV1.ListRequest): Promise<commissionsV1.PartnerStatementPage> {
    const { tenantId, partnerId } = request;
    const page = await this.core.views.statements.list({
      index: partnerId ? 'byPartner' : 'byTenant',
      equals: partnerId ? [tenantId, partnerId] : [tenantId],
      cursor: request.cursor || undefined,
      limit: request.limit || 25,
    });
    // A list shows sums; one statement has its lines.
    return create(commissionsV1.PartnerStatementPageSchema, { items: page.items.map((item) => toStatementMessage(item, [])), nextCursor: page.next });
  }

  @Rpc(method.getStatement)
  async getStatement(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<commissionsV1.PartnerStatement> {
    const document = await this.findStatement(tenantId, id);
    return toStatementMessage(document, await this.linesOfStatement(document));
  }

  @Rpc(method.renderStatement)
  async renderStatement(@Payload() request: commissionsV1.RenderStatementRequest): Promise<invoicingV1.Rendering> {
    const document = await this.findStatement(request.tenantId, request.id);
    const statement = toStatementMessage(document, await this.linesOfStatement(document));
    return renderStatement(this.ports.client, request.tenantId, statement, request.format);
  }

  @Rpc(method.verifyChains)
  async verifyChains(@Payload() request: ratingV1.VerifyRequest): Promise<ratingV1.VerifyReply> {
    const { tenantId, cursor } = request;
    const verified = await verifyTenantChains(this.ports.chains, chainPrefixes, { tenantId, cursor, limit: request.limit || 100 });
    return create(ratingV1.VerifyReplySchema, { ...verified, faults: [...verified.faults], nextCursor: verified.next });
  }

  @Rpc(method.runDue)
  async runDue(@Payload() request: tenantV1.RunDueRequest): Promise<tenantV1.RunDueReply> {
    const now = fromRfc3339(request.now);
    if (now === undefined) throw new Problem('invalid_request', `now “${request.now}” is not an RFC 3339 time.`, { param: 'now' });
    await factsCaughtUp(this.ports.bus, this.ports.timers, 'commissions', patienceFor(this.ports.clocks, request.tenantId));
    const made = await this.core.statements.runDue(request.tenantId, now);
    return create(tenantV1.RunDueReplySchema, { done: made > 0 ? { partner_statements_issued: made } : {} });
  }

  private linesOfStatement(document: StatementDocument): Promise<readonly commissionsV1.CommissionLine[]> {
    return linesBetween(this.ports.chains, document.chain, document.from, document.to, document.sums.month);
  }

  private async findStatement(tenantId: string, id: string): Promise<StatementDocument> {
    const document = await this.core.views.statements.get(id);
    if (!document || document.tenant !== tenantId) throw new Problem('not_found', `There is no partner statement ${id}.`, { param: 'id' });
    return document;
  }

  private cursorOf(cursor: string): number | undefined {
    if (cursor === '') return undefined;
    if (!/^[1-9]\d{0,14}$/.test(cursor)) throw new Problem('invalid_request', 'That cursor was not given out by this list; leave it away to start over.', { param: 'cursor' });
    return Number(cursor);
  }
}

function toAgreementMessage({ agreement, version, createdAt }: AgreementDocument): commissionsV1.Agreement {
  const { id, partnerId, basis, rates, startDate, endDate, currency } = agreement;
  return create(commissionsV1.AgreementSchema, {
    id,
    partnerId,
    basis,
    rates: rates.map((rate) => ({ ...rate })),
    startDate,
    endDate,
    currency,
    version,
    createdAt,
  });
}
