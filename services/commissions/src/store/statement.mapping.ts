import { create } from '@bufbuild/protobuf';
import { commissionsV1 } from '@tollkeeper/contracts';
import type { StatementDocument } from './views.js';

export function toStatementMessage(document: StatementDocument, lines: readonly commissionsV1.CommissionLine[]): commissionsV1.PartnerStatement {
  const { sums } = document;
  return create(commissionsV1.PartnerStatementSchema, {
    id: document.id,
    partnerId: document.partner,
    currency: document.currency,
    month: sums.month,
    opening: sums.opening,
    earned: sums.earned,
    clawedBack: sums.clawedBack,
    closing: sums.closing,
    lines: [...lines],
    issuedAt: document.issuedAt,
    chain: document.chain,
    n: document.version,
  });
}
