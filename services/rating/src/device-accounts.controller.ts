import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { ratingV1, tenantV1 } from '@tollkeeper/contracts';
import { fromRfc3339, type Instant, Problem } from '@tollkeeper/kernel';
import { Rpc } from '@tollkeeper/nest-kit';
import { RatingCore } from './rating.core.js';
import { listPage } from './store/list-page.js';
import { applyContract } from './usecases/apply-contract.js';
import { closeAccounts } from './usecases/close-accounts.js';
import { listEntries } from './usecases/list-entries.js';
import { readAccount, readAccounts, toAccountMessage } from './usecases/read-account.js';
import { runDue } from './usecases/run-due.js';
import { setBlock, toEntitlement } from './usecases/set-block.js';

const { method } = ratingV1.RatingService;

/** Device accounts: terms, balances, closing, blocks. */
@Controller()
export class DeviceAccountsController {
  constructor(@Inject(RatingCore) private readonly core: RatingCore) {}

  private now(tenantId: string): Instant {
    return this.core.ports.clocks.now(tenantId);
  }

  private get closePorts() {
    const { actors, chains } = this.core.ports;
    return { actors, chains, usage: this.core.settledUsage, devices: this.core.views.devices };
  }

  @Rpc(method.applyContract)
  async applyContract(@Payload() request: ratingV1.ApplyContractRequest): Promise<ratingV1.ApplyContractReply> {
    const devices = await applyContract(this.closePorts, request, this.now(request.tenantId));
    return create(ratingV1.ApplyContractReplySchema, { devices });
  }

  @Rpc(method.getDeviceAccount)
  async getDeviceAccount(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ratingV1.DeviceAccount> {
    await this.core.usage.settle(tenantId, id);
    const account = await readAccount(this.core.ports.chains, tenantId, id);
    return toAccountMessage(account, await this.core.catalogues.current(tenantId));
  }

  @Rpc(method.listDeviceAccounts)
  async listDeviceAccounts(@Payload() request: tenantV1.ListRequest): Promise<ratingV1.DeviceAccountPage> {
    const { tenantId, customerId, contractId } = request;
    const query = customerId
      ? { index: 'customer', equals: [tenantId, customerId] }
      : contractId
        ? { index: 'contract', equals: [tenantId, contractId] }
        : { index: 'tenant', equals: [tenantId] };
    const page = await listPage(this.core.views.devices, query, request);
    const catalogue = await this.core.catalogues.current(tenantId);
    const accounts = await readAccounts(this.core.ports.chains, tenantId, page.items.map(({ device }) => device));
    return create(ratingV1.DeviceAccountPageSchema, { items: accounts.map((account) => toAccountMessage(account, catalogue)), nextCursor: page.next });
  }

  @Rpc(method.listAccountEntries)
  async listAccountEntries(@Payload() request: ratingV1.ListAccountEntriesRequest): Promise<ratingV1.AccountEntryPage> {
    await this.core.usage.settle(request.tenantId, request.device);
    return listEntries(this.core.ports.chains, await this.core.catalogues.current(request.tenantId), request);
  }

  @Rpc(method.closeAccounts)
  closeAccounts(@Payload() request: ratingV1.CloseAccountsRequest): Promise<ratingV1.CloseAccountsReply> {
    return closeAccounts(this.closePorts, request, this.now(request.tenantId));
  }

  @Rpc(method.setBlock)
  async setBlock(@Payload() request: ratingV1.SetBlockRequest): Promise<ratingV1.Entitlement> {
    const { tenantId, device, cause, blocked, reason } = request;
    const now = request.now === '' ? this.now(tenantId) : fromRfc3339(request.now);
    if (now === undefined) throw new Problem('invalid_request', 'Give the time in RFC 3339.', { param: 'now' });
    const { customerId, block, since } = await setBlock(this.core.ports.actors, { tenantId, device, cause, now, blocked, reason });
    if (customerId === undefined) throw new Problem('not_found', 'There is no account of such a device.', { param: 'device' });
    return toEntitlement(device, block, since);
  }

  @Rpc(method.getEntitlement)
  async getEntitlement(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<ratingV1.Entitlement> {
    const { state } = await readAccount(this.core.ports.chains, tenantId, id);
    return toEntitlement(id, state.blocked, state.openedAt);
  }

  @Rpc(method.runDue)
  async runDue(@Payload() { tenantId, now: text }: tenantV1.RunDueRequest): Promise<tenantV1.RunDueReply> {
    const now = fromRfc3339(text) ?? this.now(tenantId);
    const closed = await runDue(this.closePorts, tenantId, now);
    return create(tenantV1.RunDueReplySchema, { done: { accounts_closed: closed } });
  }
}
