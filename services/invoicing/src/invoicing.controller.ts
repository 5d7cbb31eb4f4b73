import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { verifyTenantChains } from '@tollkeeper/chain-kit';
import { invoicingV1, ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { renderInvoicePdf } from '@tollkeeper/invoicing';
import { derivedId, fromRfc3339, Problem } from '@tollkeeper/kernel';
import { factsCaughtUp, patienceFor, Rpc, SERVICE_PORTS, type ServicePorts, shownSoon, toBrand } from '@tollkeeper/nest-kit';
import { chainPrefixes } from './store/chains.js';
import { toBillRunMessage } from './store/bill-run.mapping.js';
import { toInvoiceMessage } from './store/invoice.mapping.js';
import type { InvoiceDocument } from './store/views.js';
import { InvoicingCore } from './invoicing.core.js';
import { erasedBuyer, instantOr } from './usecases/issue-document.js';
import { orderOf, previewBillRun } from './usecases/preview-bill-run.js';

const { method } = invoicingV1.InvoicingService;

@Controller()
export class InvoicingController {
  constructor(
    @Inject(SERVICE_PORTS) private readonly ports: ServicePorts,
    @Inject(InvoicingCore) private readonly core: InvoicingCore,
  ) {}

  @Rpc(method.previewBillRun)
  async previewBillRun(@Payload() request: invoicingV1.StartBillRunRequest): Promise<invoicingV1.BillRun> {
    const times = this.timesOf(request);
    const order = await orderOf(this.core.billRunPorts, request, times);
    return previewBillRun(this.core.billRunPorts, this.core.billRuns, request.tenantId, order, times);
  }

  @Rpc(method.startBillRun)
  async startBillRun(@Payload() request: invoicingV1.StartBillRunRequest): Promise<invoicingV1.BillRun> {
    const id = derivedId('billRun', request.tenantId, request.cause);
    const earlier = await this.core.views.billRuns.get(id);
    if (!earlier) {
      const order = await orderOf(this.core.billRunPorts, request, this.timesOf(request));
      await this.core.billRuns.start(request.tenantId, id, request.cause, order);
    }
    return shownSoon(() => this.getBillRun({ tenantId: request.tenantId, id }));
  }

  @Rpc(method.getBillRun)
  async getBillRun(@Payload() { tenantId, id }: Pick<tenantV1.GetRequest, 'tenantId' | 'id'>): Promise<invoicingV1.BillRun> {
    const run = await this.core.views.billRuns.get(id);
    if (!run || run.tenant !== tenantId) throw new Problem('not_found', `There is no bill run ${id}.`, { param: 'id' });
    return toBillRunMessage(run);
  }

  @Rpc(method.listBillRuns)
  async listBillRuns(@Payload() request: tenantV1.ListRequest): Promise<invoicingV1.BillRunPage> {
    const page = await this.core.views.billRuns.list({
      index: 'byTenant',
      equals: [request.tenantId],
      descending: true,
      cursor: request.cursor || undefined,
      limit: request.limit || 25,
    });
    return create(invoicingV1.BillRunPageSchema, { items: page.items.map(toBillRunMessage), nextCursor: page.next });
  }

  @Rpc(method.getInvoice)
  async getInvoice(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<invoicingV1.Invoice> {
    const document = await this.findInvoice(tenantId, id);
    const buyer = await this.core.views.buyers.get(document.id);
    return toInvoiceMessage(document, buyer?.buyer);
  }

  @Rpc(method.listInvoices)
  async listInvoices(@Payload() request: invoicingV1.ListInvoicesRequest): Promise<invoicingV1.InvoicePage> {
    const [index, value] = request.number
      ? (['byNumber', request.number] as const)
      : request.billRunId
        ? (['byBillRun', request.billRunId] as const)
        : request.customerId
          ? (['byCustomer', request.customerId] as const)
          : request.billingEntityId
            ? (['byEntity', request.billingEntityId] as const)
            : (['byTenant', undefined] as const);
    const page = await this.core.views.invoices.list({
      index,
      equals: value === undefined ? [request.tenantId] : [request.tenantId, value],
      descending: true,
      cursor: request.cursor || undefined,
      limit: request.limit || 25,
    });
    const buyers = await this.core.views.buyers.getMany(page.items.map((item) => item.id));
    // A list shows invoices without their lines; one invoice has them all.
    const items = page.items.map((item, i) => ({ ...toInvoiceMessage(item, buyers[i]?.buyer), lines: [], closed: [] }));
    return create(invoicingV1.InvoicePageSchema, { items, nextCursor: page.next });
  }

  @Rpc(method.createCreditNote)
  async createCreditNote(@Payload() request: invoicingV1.CreateCreditNoteRequest): Promise<invoicingV1.Invoice> {
    const { tenantId, cause } = request;
    const original = await this.findInvoice(tenantId, request.invoiceId);
    const now = instantOr(request.now, 'now', this.ports.clocks.now(tenantId));
    const scope =
      request.lines.length === 0
        ? ({ kind: 'full' } as const)
        : ({ kind: 'lines', lines: request.lines.map(({ number, net }) => ({ number, net: net || undefined })) } as const);
    const note = await this.core.issuer.issueCreditNote({ tenantId, cause, now }, original, scope, request.reason);
    return shownSoon(() => this.getInvoice(create(tenantV1.GetRequestSchema, { tenantId, id: note.id })));
  }

  @Rpc(method.renderInvoice)
  async renderInvoice(@Payload() { tenantId, id }: invoicingV1.RenderRequest): Promise<invoicingV1.Rendering> {
    const document = await this.findInvoice(tenantId, id);
    const brand = await this.ports.client.call(tenantV1.TenantService.method.getBrand, { tenantId, id: document.invoice.brandId });
    const buyer = (await this.core.views.buyers.get(document.id))?.buyer ?? erasedBuyer(document.customer);
    const content = await renderInvoicePdf({ ...document.invoice, buyer }, toBrand(brand), { createdAt: fromRfc3339(document.issuedAt) ?? 0 });
    return create(invoicingV1.RenderingSchema, { fileName: `${document.number}.pdf`, contentType: 'application/pdf', content });
  }

  @Rpc(method.verifyChains)
  async verifyChains(@Payload() request: ratingV1.VerifyRequest): Promise<ratingV1.VerifyReply> {
    const { tenantId, cursor } = request;
    const verified = await verifyTenantChains(this.ports.chains, chainPrefixes, { tenantId, cursor, limit: request.limit || 100 });
    return create(ratingV1.VerifyReplySchema, { ...verified, faults: [...verified.faults], nextCursor: verified.next });
  }

  /** Accounts that closed themselves have their invoices before dunning looks at what is overdue. */
  @Rpc(method.runDue)
  async runDue(@Payload() request: tenantV1.RunDueRequest): Promise<tenantV1.RunDueReply> {
    await factsCaughtUp(this.ports.bus, this.ports.timers, 'invoicing', patienceFor(this.ports.clocks, request.tenantId));
    await this.core.billRuns.idle(request.tenantId, this.ports.clocks.testClock(request.tenantId) !== undefined);
    const now = instantOr(request.now, 'now', this.ports.clocks.now(request.tenantId));
    const issued = await this.core.due.invoiceAll(request.tenantId, now);
    return create(tenantV1.RunDueReplySchema, { done: issued > 0 ? { invoices_issued: issued } : {} });
  }

  private timesOf(request: invoicingV1.StartBillRunRequest) {
    const now = instantOr(request.now, 'now', this.ports.clocks.now(request.tenantId));
    return { now, until: instantOr(request.until, 'until', now) };
  }

  private async findInvoice(tenantId: string, id: string): Promise<InvoiceDocument> {
    const document = await this.core.views.invoices.get(id);
    if (!document || document.tenant !== tenantId) throw new Problem('not_found', `There is no invoice or credit note ${id}.`, { param: 'id' });
    return document;
  }
}
