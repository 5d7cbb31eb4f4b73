import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { invoicingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { derivedId, fromRfc3339, Problem, toRfc3339 } from '@tollkeeper/kernel';
import { Rpc, SERVICE_PORTS, type ServicePorts, shownSoon } from '@tollkeeper/nest-kit';
import { ReceivablesCore } from './receivables.core.js';
import { toPaymentMessage } from './store/receivables.mapping.js';
import type { PaymentDocument } from './store/views.js';
import { importPayments } from './usecases/import-payments.js';

const { method } = receivablesV1.ReceivablesService;

/** Money in: by hand, by file, and what to do with money whose payer is unknown. */
@Controller()
export class PaymentsController {
  constructor(
    @Inject(SERVICE_PORTS) private readonly ports: ServicePorts,
    @Inject(ReceivablesCore) private readonly core: ReceivablesCore,
  ) {}

  @Rpc(method.addPayment)
  async addPayment(@Payload() { tenantId, cause, payment }: receivablesV1.AddPaymentRequest): Promise<receivablesV1.Payment> {
    const now = this.ports.clocks.now(tenantId);
    const wanted = payment ?? create(receivablesV1.PaymentSchema);
    if (wanted.customerId) await this.ports.client.call(tenantV1.TenantService.method.getCustomer, { tenantId, id: wanted.customerId });
    if (wanted.receivedAt && fromRfc3339(wanted.receivedAt) === undefined) {
      throw new Problem('invalid_request', `received_at “${wanted.receivedAt}” is not an RFC 3339 time.`, { param: 'received_at' });
    }
    // A payment that names its identity at the bank is one payment, whoever sends it and how often.
    const id = derivedId('payment', tenantId, wanted.bankIdentity ? `bank:${wanted.bankIdentity}` : cause);
    const { same } = await this.core.payments.receive(
      tenantId,
      {
        id,
        amount: wanted.amount,
        currency: wanted.currency,
        reference: wanted.reference,
        furtherReferences: [],
        text: wanted.text,
        payer: wanted.payer,
        receivedAt: wanted.receivedAt || toRfc3339(now),
        bankIdentity: wanted.bankIdentity,
        source: 'api',
        account: '',
        customerId: wanted.customerId,
      },
      now,
    );
    if (!same) {
      throw new Problem('conflict', `Payment ${id} with this identity at the bank is of another amount; read it, and send another bank_identity if this is another payment.`, {
        param: 'bank_identity',
      });
    }
    return this.paymentMessage(await shownSoon(() => this.findPayment(tenantId, id)));
  }

  @Rpc(method.getPayment)
  async getPayment(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<receivablesV1.Payment> {
    return this.paymentMessage(await this.findPayment(tenantId, id));
  }

  @Rpc(method.listPayments)
  async listPayments(@Payload() request: receivablesV1.ListPaymentsRequest): Promise<receivablesV1.PaymentPage> {
    const [index, value] = request.customerId
      ? (['byCustomer', request.customerId] as const)
      : request.status
        ? (['byStatus', request.status] as const)
        : (['byTenant', undefined] as const);
    const page = await this.core.views.payments.list({
      index,
      equals: value === undefined ? [request.tenantId] : [request.tenantId, value],
      descending: true,
      cursor: request.cursor || undefined,
      limit: request.limit || 25,
    });
    const items = await Promise.all(page.items.map((item) => this.paymentMessage(item)));
    return create(receivablesV1.PaymentPageSchema, { items, nextCursor: page.next });
  }

  @Rpc(method.assignPayment)
  async assignPayment(@Payload() request: receivablesV1.AssignPaymentRequest): Promise<receivablesV1.Payment> {
    const { tenantId, cause, paymentId, invoiceId } = request;
    const payment = await this.findPayment(tenantId, paymentId);
    const customerId = await this.payerOf(request, payment);
    await this.core.payments.assign(tenantId, payment.id, cause, { customerId, invoiceId }, this.ports.clocks.now(tenantId));
    return this.paymentMessage(await this.findPayment(tenantId, paymentId));
  }

  @Rpc(method.importPayments)
  async importPayments(@Payload() request: receivablesV1.ImportPaymentsRequest): Promise<receivablesV1.PaymentImport> {
    const result = await importPayments(this.core.payments, request, this.ports.clocks.now(request.tenantId));
    const documents = await this.core.views.payments.getMany(result.ids);
    const found = documents.filter((document) => document !== undefined);
    return create(receivablesV1.PaymentImportSchema, {
      ...result.sums,
      unmatched: found.filter((document) => document.status === 'unmatched').length,
      matched: found.filter((document) => document.status !== 'unmatched').length,
      reversals: [...result.reversals],
      items: await Promise.all(found.map((document) => this.paymentMessage(document))),
    });
  }

  /** Whose payment it is to be: the customer named, or the one of the invoice named; when both are, they must agree. */
  private async payerOf({ tenantId, customerId, invoiceId }: receivablesV1.AssignPaymentRequest, payment: PaymentDocument): Promise<string> {
    if (customerId !== '') await this.ports.client.call(tenantV1.TenantService.method.getCustomer, { tenantId, id: customerId });
    if (invoiceId === '') return customerId;
    const invoice = await this.ports.client.call(invoicingV1.InvoicingService.method.getInvoice, { tenantId, id: invoiceId });
    if (customerId !== '' && invoice.customerId !== customerId) {
      throw new Problem('unprocessable', `Invoice ${invoice.number} is not one of customer ${customerId}; name its own customer, or none.`, { param: 'invoice_id' });
    }
    if (invoice.currency !== payment.currency) {
      throw new Problem('unprocessable', `Invoice ${invoice.number} is in ${invoice.currency}, the payment in ${payment.currency}; assign it to an invoice in its currency.`, { param: 'invoice_id' });
    }
    return invoice.customerId;
  }

  private async paymentMessage(document: PaymentDocument): Promise<receivablesV1.Payment> {
    return toPaymentMessage(document, await this.core.views.payers.get(document.id));
  }

  private async findPayment(tenantId: string, id: string): Promise<PaymentDocument> {
    const document = await this.core.views.payments.get(id);
    if (!document || document.tenant !== tenantId) throw new Problem('not_found', `There is no payment ${id}.`, { param: 'id' });
    return document;
  }
}
