import type { Agreement, PartnerAccountState, StatementSums } from '@tollkeeper/commissions';
import type { View, ViewDocument, ViewStore } from '@tollkeeper/ports';

export interface AgreementDocument extends ViewDocument {
  readonly tenant: string;
  readonly partner: string;
  readonly agreement: Agreement;
  readonly createdAt: string;
}

interface PartnerAccountDocument extends ViewDocument {
  readonly tenant: string;
  readonly partner: string;
  readonly currency: string;
  readonly state: PartnerAccountState;
  readonly hash: string;
  /** Oldest month that has no statement yet; absent when everything is stated, so that the index holds only due accounts. */
  readonly dueMonth?: string;
}

export interface StatementDocument extends ViewDocument {
  readonly tenant: string;
  readonly partner: string;
  readonly currency: string;
  readonly sums: StatementSums;
  /** Entries of the partner's account among which its lines stand. */
  readonly from: number;
  readonly to: number;
  readonly issuedAt: string;
  readonly chain: string;
}

export interface CommissionsViews {
  readonly agreements: View<AgreementDocument>;
  readonly accounts: View<PartnerAccountDocument>;
  readonly statements: View<StatementDocument>;
}

export function openCommissionsViews(store: ViewStore): CommissionsViews {
  return {
    agreements: store.view({
      name: 'agreements',
      kind: 'rebuildable',
      indexes: { byTenant: ['tenant', 'id'], byPartner: ['tenant', 'partner', 'id'] },
    }),
    accounts: store.view({
      name: 'partner-accounts',
      kind: 'rebuildable',
      indexes: { byPartner: ['tenant', 'partner', 'currency'], byDueMonth: ['tenant', 'dueMonth'] },
    }),
    statements: store.view({
      name: 'partner-statements',
      kind: 'rebuildable',
      indexes: { byTenant: ['tenant', 'issuedAt', 'id'], byPartner: ['tenant', 'partner', 'issuedAt', 'id'] },
    }),
  };
}
