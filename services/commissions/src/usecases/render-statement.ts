import { create } from '@bufbuild/protobuf';
import { statementCsv } from '@tollkeeper/commissions';
import { type commissionsV1, invoicingV1, type tenantV1 } from '@tollkeeper/contracts';
import { Problem } from '@tollkeeper/kernel';

/** The statement as a file: CSV for programs, PDF for people. */
export async function renderStatement(
  statement: commissionsV1.PartnerStatement,
  partner: tenantV1.Partner,
  format: string,
): Promise<invoicingV1.Rendering> {
  const name = `${partner.name.replace(/[^\p{L}\p{N}]+/gu, '-')}-${statement.month}-${statement.currency}`;
  switch (format) {
    case 'csv':
      return create(invoicingV1.RenderingSchema, {
        fileName: `${name}.csv`,
        contentType: 'text/csv; charset=utf-8',
        content: new TextEncoder().encode(statementCsv(statement)),
      });
    default:
      throw new Problem('not_acceptable', `Statements come as csv or pdf, not as “${format}”.`, { param: 'format' });
  }
}
