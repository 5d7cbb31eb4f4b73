import { create } from '@bufbuild/protobuf';
import { statementCsv } from '@tollkeeper/commissions';
import { type commissionsV1, invoicingV1, tenantV1 } from '@tollkeeper/contracts';
import { type InvoiceParty, renderPartnerStatementPdf } from '@tollkeeper/invoicing';
import { fromRfc3339, Problem } from '@tollkeeper/kernel';
import { type ServiceClient, toAddress, toBrand } from '@tollkeeper/nest-kit';
import type { Brand } from '@tollkeeper/tenancy';

/** The statement as a file: CSV for programs, PDF for people. */
export async function renderStatement(
  client: ServiceClient,
  tenantId: string,
  statement: commissionsV1.PartnerStatement,
  format: string,
): Promise<invoicingV1.Rendering> {
  const partner = await client.call(tenantV1.TenantService.method.getPartner, { tenantId, id: statement.partnerId });
  const name = `${partner.name.replace(/[^\p{L}\p{N}]+/gu, '-')}-${statement.month}-${statement.currency}`;
  switch (format) {
    case 'csv':
      return create(invoicingV1.RenderingSchema, {
        fileName: `${name}.csv`,
        contentType: 'text/csv; charset=utf-8',
        content: new TextEncoder().encode(statementCsv(statement)),
      });
    case 'pdf':
      return create(invoicingV1.RenderingSchema, {
        fileName: `${name}.pdf`,
        contentType: 'application/pdf',
        content: await pdf(client, tenantId, statement, partner),
      });
    default:
      throw new Problem('not_acceptable', `Statements come as csv or pdf, not as “${format}”.`, { param: 'format' });
  }
}

async function pdf(client: ServiceClient, tenantId: string, statement: commissionsV1.PartnerStatement, partner: tenantV1.Partner): Promise<Uint8Array> {
  const { issuer, brand } = await issuerOf(client, tenantId, statement.currency);
  const printed = {
    number: `${partner.id.slice(-6).toUpperCase()}-${statement.month}`,
    month: statement.month,
    issuedOn: statement.issuedAt.slice(0, 10),
    currency: statement.currency,
    language: partner.language || 'en',
    issuer,
    partner: { name: partner.name, address: toAddress(partner.address) },
    opening: statement.opening,
    earned: statement.earned,
    clawedBack: statement.clawedBack,
    closing: statement.closing,
    rows: statement.lines,
  };
  return renderPartnerStatementPdf(printed, brand, { createdAt: fromRfc3339(statement.issuedAt) ?? 0 });
}

/** A statement is issued by the billing entity that invoices in its currency, in the look of that entity's first brand. */
async function issuerOf(client: ServiceClient, tenantId: string, currency: string): Promise<{ readonly issuer: InvoiceParty; readonly brand: Brand }> {
  const { items: entities } = await client.call(tenantV1.TenantService.method.listBillingEntities, { tenantId, limit: 100 });
  const { items: brands } = await client.call(tenantV1.TenantService.method.listBrands, { tenantId, limit: 100 });
  const entity = entities.find((one) => one.currency === currency) ?? entities[0];
  const brand = brands.find((one) => one.billingEntityId === entity?.id);
  if (!entity || !brand) throw new Problem('conflict', `No billing entity with a brand invoices in ${currency}; create one to print statements.`);
  const { id, name, registrationNumber, vatNumber } = entity;
  return {
    issuer: { id, name, registrationNumber, vatNumber: vatNumber || undefined, address: toAddress(entity.address) },
    brand: toBrand(brand),
  };
}
