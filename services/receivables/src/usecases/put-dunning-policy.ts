import type { ChainWriter } from '@tollkeeper/chain-kit';
import { type receivablesV1, tenantV1 } from '@tollkeeper/contracts';
import { type Entry, fromCanonicalBytes, type Instant, Problem } from '@tollkeeper/kernel';
import type { ServiceClient } from '@tollkeeper/nest-kit';
import { type DunningPolicy, policyFaults } from '@tollkeeper/receivables';
import { dunningPolicyChain } from '../store/chains.js';
import type { DunningPolicyDocument } from '../store/views.js';

/** Sets how overdue invoices of a billing entity are chased; it counts from the next round on, also for open invoices. */
export async function putDunningPolicy(
  ports: { readonly writer: ChainWriter; readonly client: ServiceClient },
  request: receivablesV1.PutDunningPolicyRequest,
  now: Instant,
): Promise<DunningPolicyDocument> {
  const { tenantId, cause, policy: wanted } = request;
  const entityId = wanted?.billingEntityId ?? '';
  const entity = await ports.client.call(tenantV1.TenantService.method.getBillingEntity, { tenantId, id: entityId });
  const steps = (wanted?.steps ?? []).map((step, i) => {
    if (step.currency && step.currency !== entity.currency) {
      throw new Problem('unprocessable', `Fees are in the billing entity’s currency, ${entity.currency}, not in ${step.currency}.`, { param: `steps[${i}].currency` });
    }
    if (step.action !== 'reminder' && step.action !== 'block') {
      throw new Problem('unprocessable', `“${step.action}” is not a dunning action: reminder or block.`, { param: `steps[${i}].action` });
    }
    return { daysAfterDue: step.daysAfterDue, action: step.action, fee: step.fee || '0' } as const;
  });
  const policy: DunningPolicy = { steps, minimum: wanted?.minimum || '0' };
  const [fault] = policyFaults(policy);
  if (fault) throw new Problem('unprocessable', fault.message, { param: fault.path });
  const { entry } = await ports.writer.execute<DunningPolicy>({
    chain: dunningPolicyChain(tenantId, entity.id),
    cause,
    now,
    decide: () => ({ kind: 'policy_set', body: policy, state: policy }),
  });
  if (!entry) throw new Error('setting a policy always writes an entry');
  return policyDocument(entry);
}

export function policyDocument(entry: Entry): DunningPolicyDocument {
  const [, tenant = '', entity = ''] = entry.chain.split('/');
  return { id: `${tenant}/${entity}`, version: entry.n, tenant, entity, policy: fromCanonicalBytes<DunningPolicy>(entry.state) };
}
