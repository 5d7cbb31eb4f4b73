import { type DescMessage, type JsonValue, type MessageShape, toJson } from '@bufbuild/protobuf';
import { commissionsV1, type factsV1, invoicingV1, ratingV1, receivablesV1, tenantV1 } from '@tollkeeper/contracts';

type What = factsV1.Fact['what'];
type FactCase = Exclude<What['case'], undefined>;

/** The facts that webhooks carry, by the name that tenants know; the other facts are talk between services. */
const published = {
  customerRegistered: { name: 'customer.registered', schema: tenantV1.CustomerSchema },
  deviceRegistered: { name: 'device.registered', schema: tenantV1.DeviceSchema },
  contractChanged: { name: 'contract.changed', schema: tenantV1.ContractSchema },
  accountClosed: { name: 'account.closed', schema: ratingV1.AccountClosedSchema },
  thresholdReached: { name: 'threshold.reached', schema: ratingV1.ThresholdReachedSchema },
  deviceBlocked: { name: 'device.blocked', schema: ratingV1.DeviceBlockedSchema },
  deviceUnblocked: { name: 'device.unblocked', schema: ratingV1.DeviceUnblockedSchema },
  invoiceIssued: { name: 'invoice.issued', schema: invoicingV1.InvoiceSchema },
  creditNoteIssued: { name: 'credit_note.issued', schema: invoicingV1.InvoiceSchema },
  paymentReceived: { name: 'payment.received', schema: receivablesV1.PaymentReceivedSchema },
  dunningStepTaken: { name: 'dunning.step_taken', schema: receivablesV1.DunningStepTakenSchema },
  statementIssued: { name: 'statement.issued', schema: commissionsV1.PartnerStatementSchema },
} as const satisfies Partial<Record<FactCase, { readonly name: string; readonly schema: DescMessage }>>;

type PublishedCase = keyof typeof published;

export type FactName = (typeof published)[PublishedCase]['name'];

export const factNames: readonly FactName[] = Object.values(published).map(({ name }) => name);

/** A person waits at a charge point for these: they overtake everything else. */
export const urgentFacts: ReadonlySet<string> = new Set<FactName>(['device.blocked', 'device.unblocked']);

/** The name that webhooks know a fact by; undefined for a fact that they do not carry. */
export function factName(fact: factsV1.Fact): FactName | undefined {
  return isPublished(fact.what.case) ? published[fact.what.case].name : undefined;
}

/** The body of a delivery: the same text for every endpoint and attempt, so that the signature is over what is sent. */
export function payloadOf(fact: factsV1.Fact): string | undefined {
  const { case: what, value } = fact.what;
  if (!isPublished(what) || value === undefined) return undefined;
  const { name, schema } = published[what];
  return JSON.stringify({ type: name, timestamp: fact.at, id: fact.id, data: publicJson(schema, value) });
}

function publicJson(schema: DescMessage, value: MessageShape<DescMessage>): JsonValue {
  return toJson(schema, value, { useProtoFieldName: true, alwaysEmitImplicit: true });
}

function isPublished(what: FactCase | undefined): what is PublishedCase {
  return what !== undefined && Object.hasOwn(published, what);
}
