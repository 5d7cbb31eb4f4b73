import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { verifyTenantChains } from '@tollkeeper/chain-kit';
import { type invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { fromRfc3339, Problem } from '@tollkeeper/kernel';
import { localDateAt } from '@tollkeeper/metering';
import { parseDecimal } from '@tollkeeper/money';
import { factsCaughtUp, patienceFor, Rpc, SERVICE_PORTS, type ServicePorts } from '@tollkeeper/nest-kit';
import { defaultDunningPolicy } from '@tollkeeper/receivables';
import { ReceivablesCore } from './receivables.core.js';
import { chainPrefixes, customerChain } from './store/chains.js';
import { toAccountMessage, toPolicyMessage, toStatementLine } from './store/receivables.mapping.js';
import { dunOverdue } from './usecases/dun-overdue.js';
import { renderReminder } from './usecases/render-reminder.js';
import { putDunningPolicy } from './usecases/put-dunning-policy.js';

const { method } = receivablesV1.ReceivablesService;
const ledgersPage = 100;

/** Customers' accounts, dunning policies, and what falls due. */
@Controller()
export class AccountsController {
  constructor(
    @Inject(SERVICE_PORTS) private readonly ports: ServicePorts,
    @Inject(ReceivablesCore) private readonly core: ReceivablesCore,
  ) {}

  @Rpc(method.getCustomerAccount)
  async getCustomerAccount(@Payload() request: receivablesV1.GetCustomerAccountRequest): Promise<receivablesV1.CustomerAccount> {
    const { customerId, currency, today } = await this.keyOf(request);
    const [head] = await this.ports.chains.heads([customerChain(request.tenantId, customerId, currency)]);
    return toAccountMessage(customerId, currency, head, today);
  }

  /** The account's entries, the newest first, each with its journal entry. */
  @Rpc(method.getCustomerStatement)
  async getCustomerStatement(@Payload() request: receivablesV1.GetCustomerAccountRequest): Promise<receivablesV1.CustomerStatement> {
    const { customerId, currency, today } = await this.keyOf(request);
    const chain = customerChain(request.tenantId, customerId, currency);
    const [head] = await this.ports.chains.heads([chain]);
    const limit = request.limit || 25;
    const top = positionOf(request.cursor) ?? head?.n ?? 0;
    const bottom = Math.max(1, top - limit + 1);
    const entries = top > 0 ? await this.ports.chains.read(chain, bottom, top, limit) : [];
    return create(receivablesV1.CustomerStatementSchema, {
      account: toAccountMessage(customerId, currency, head, today),
      lines: [...entries].reverse().map((entry) => toStatementLine(entry, currency)),
      nextCursor: bottom > 1 ? String(bottom - 1) : '',
    });
  }

  @Rpc(method.putDunningPolicy)
  async putDunningPolicy(@Payload() request: receivablesV1.PutDunningPolicyRequest): Promise<receivablesV1.DunningPolicy> {
    const ports = { writer: this.core.writer, client: this.ports.client };
    const document = await putDunningPolicy(ports, request, this.ports.clocks.now(request.tenantId));
    return this.getDunningPolicy(create(tenantV1.GetRequestSchema, { tenantId: request.tenantId, id: document.entity }));
  }

  /** `id` is that of the billing entity; one that has set none has the default policy, version 0. */
  @Rpc(method.getDunningPolicy)
  async getDunningPolicy(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<receivablesV1.DunningPolicy> {
    const entity = await this.ports.client.call(tenantV1.TenantService.method.getBillingEntity, { tenantId, id });
    const stored = await this.core.views.policies.get(`${tenantId}/${entity.id}`);
    return toPolicyMessage(entity.id, stored?.policy ?? defaultDunningPolicy, entity.currency, stored?.version ?? 0);
  }

  /** Sums by ledger account and currency; every currency sums to zero. */
  @Rpc(method.getTrialBalance)
  async getTrialBalance(@Payload() { tenantId }: tenantV1.ListRequest): Promise<receivablesV1.TrialBalance> {
    const sums = new Map<string, { account: string; currency: string; balance: string }>();
    let cursor: string | undefined;
    do {
      const page = await this.core.views.ledgers.list({ index: 'byTenant', equals: [tenantId], cursor, limit: ledgersPage });
      for (const { currency, ledger } of page.items) {
        for (const [account, amount] of Object.entries(ledger)) {
          const key = `${currency} ${account}`;
          const balance = parseDecimal(sums.get(key)?.balance ?? '0').plus(parseDecimal(amount)).toString();
          sums.set(key, { account, currency, balance });
        }
      }
      cursor = page.next;
    } while (cursor !== undefined);
    return create(receivablesV1.TrialBalanceSchema, { items: [...sums.keys()].sort().map((key) => sums.get(key) ?? {}) });
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
    await factsCaughtUp(this.ports.bus, this.ports.timers, 'receivables', patienceFor(this.ports.clocks, request.tenantId));
    const { reminders, blocks } = await dunOverdue({ client: this.ports.client, views: this.core.views, accounts: this.core.accounts }, request.tenantId, now);
    const done: Record<string, number> = {};
    if (reminders > 0) done['reminders_sent'] = reminders;
    if (blocks > 0) done['invoices_blocked_for'] = blocks;
    return create(tenantV1.RunDueReplySchema, { done });
  }

  /** The letter that asks for an overdue invoice, as of today. */
  @Rpc(method.renderReminder)
  renderReminder(@Payload() { tenantId, id }: invoicingV1.RenderRequest): Promise<invoicingV1.Rendering> {
    const ports = { client: this.ports.client, views: this.core.views, accounts: this.core.accounts };
    return renderReminder(ports, tenantId, id, this.ports.clocks.now(tenantId));
  }

  /** Whose account, in which currency, and the present day of the entity that is owed. */
  private async keyOf(request: receivablesV1.GetCustomerAccountRequest): Promise<{ readonly customerId: string; readonly currency: string; readonly today: string }> {
    const { tenantId, customerId, currency } = request;
    const { billingEntity } = await this.ports.client.call(tenantV1.TenantService.method.getBillingParty, { tenantId, id: customerId });
    const today = localDateAt(this.ports.clocks.now(tenantId), billingEntity?.timeZone || 'UTC');
    return { customerId, currency: currency || (billingEntity?.currency ?? ''), today };
  }
}

function positionOf(cursor: string): number | undefined {
  if (cursor === '') return undefined;
  if (!/^[1-9]\d{0,14}$/.test(cursor)) throw new Problem('invalid_request', 'That cursor was not given out by this list; leave it away to start over.', { param: 'cursor' });
  return Number(cursor);
}
