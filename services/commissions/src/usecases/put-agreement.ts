import type { ChainWriter } from '@tollkeeper/chain-kit';
import { type Agreement, agreementFaults } from '@tollkeeper/commissions';
import { type commissionsV1, tenantV1 } from '@tollkeeper/contracts';
import { derivedId, type Entry, fromCanonicalBytes, type Instant, Problem, toRfc3339 } from '@tollkeeper/kernel';
import type { ServiceClient } from '@tollkeeper/nest-kit';
import { agreementChain, tenantOfChain } from '../store/chains.js';
import type { AgreementDocument, CommissionsViews } from '../store/views.js';

export interface AgreementPorts {
  readonly writer: ChainWriter;
  readonly views: CommissionsViews;
  readonly client: ServiceClient;
}

/** Makes an agreement, or a new version of one. A version counts for invoices issued after it. */
export async function putAgreement(ports: AgreementPorts, request: commissionsV1.PutAgreementRequest, now: Instant): Promise<AgreementDocument> {
  const { tenantId, cause } = request;
  const wanted = request.agreement ?? commissionsPlaceholder;
  const id = wanted.id || derivedId('agreement', tenantId, cause);
  const partner = await ports.client.call(tenantV1.TenantService.method.getPartner, { tenantId, id: wanted.partnerId });
  if (wanted.basis !== 'invoiced' && wanted.basis !== 'paid') {
    throw new Problem('unprocessable', `“${wanted.basis}” is not a basis: invoiced or paid.`, { param: 'basis' });
  }
  const agreement: Agreement = {
    id,
    partnerId: partner.id,
    basis: wanted.basis,
    rates: wanted.rates.map(({ meter, percentage }) => ({ meter, percentage })),
    currency: wanted.currency || partner.currency,
    startDate: wanted.startDate || toRfc3339(now).slice(0, 10),
    endDate: wanted.endDate || undefined,
  };
  const [fault] = agreementFaults(agreement);
  if (fault) throw new Problem('unprocessable', fault.message, { param: fault.path });
  const { entry } = await ports.writer.execute<Agreement>({
    chain: agreementChain(tenantId, id),
    cause,
    now,
    decide: (before) => {
      if (wanted.id && !before) throw new Problem('not_found', `There is no agreement ${id}.`, { param: 'id' });
      if (before && before.partnerId !== agreement.partnerId) {
        throw new Problem('unprocessable', `Agreement ${id} is with partner ${before.partnerId}; make a new one for another partner.`, { param: 'partner_id' });
      }
      return { kind: before ? 'agreement_changed' : 'agreement_made', body: agreement, state: agreement };
    },
  });
  if (!entry) throw new Error('putting an agreement always writes an entry');
  return documentOf(entry);
}

const commissionsPlaceholder: Pick<commissionsV1.Agreement, 'id' | 'partnerId' | 'basis' | 'rates' | 'currency' | 'startDate' | 'endDate'> = {
  id: '',
  partnerId: '',
  basis: '',
  rates: [],
  currency: '',
  startDate: '',
  endDate: '',
};

export function documentOf(entry: Entry): AgreementDocument {
  const agreement = fromCanonicalBytes<Agreement>(entry.state);
  return {
    id: agreement.id,
    version: entry.n,
    tenant: tenantOfChain(entry.chain),
    partner: agreement.partnerId,
    agreement,
    createdAt: toRfc3339(entry.bookedAt),
  };
}
