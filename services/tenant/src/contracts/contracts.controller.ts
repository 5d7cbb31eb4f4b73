import { create } from '@bufbuild/protobuf';
import { Controller, Inject } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { tenantV1 } from '@tollkeeper/contracts';
import { Rpc } from '@tollkeeper/nest-kit';
import { stateOf } from '../shell/chains.js';
import { listPage, type Selection } from '../shell/list-page.js';
import { TENANT_CONTEXT, type TenantContext } from '../shell/tenant-context.js';
import { type ContractState, toContract } from './contract.js';
import { putContract } from './put-contract.js';

const { method } = tenantV1.TenantService;

@Controller()
export class ContractsController {
  constructor(@Inject(TENANT_CONTEXT) private readonly context: TenantContext) {}

  @Rpc(method.putContract)
  put(@Payload() request: tenantV1.PutContractRequest): Promise<tenantV1.Contract> {
    return putContract(this.context, request);
  }

  @Rpc(method.getContract)
  async get(@Payload() { tenantId, id }: tenantV1.GetRequest): Promise<tenantV1.Contract> {
    return toContract(await stateOf<ContractState>(this.context, 'contract', tenantId, id, 'contract'));
  }

  @Rpc(method.listContracts)
  async list(@Payload() request: tenantV1.ListRequest): Promise<tenantV1.ContractPage> {
    const page = await listPage(this.context.views.contracts, selectionOf(request), request, (contracts) =>
      contracts.map((contract) => toContract(contract)),
    );
    return create(tenantV1.ContractPageSchema, page);
  }
}

function selectionOf({ tenantId, customerId, reference, contractId }: tenantV1.ListRequest): Selection<ContractState> {
  const keep = (contract: ContractState): boolean =>
    (customerId === '' || contract.customerId === customerId) && (contractId === '' || contract.id === contractId);
  if (reference !== '') return { index: 'reference', equals: [tenantId, reference], keep };
  if (customerId !== '') return { index: 'customer', equals: [tenantId, customerId], keep };
  return { index: 'tenant', equals: [tenantId], keep };
}
