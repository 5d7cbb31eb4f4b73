export * as commissionsV1 from './generated/tollkeeper/commissions/v1/commissions_pb.js';
export * as factsV1 from './generated/tollkeeper/facts/v1/facts_pb.js';
export * as ingestionV1 from './generated/tollkeeper/ingestion/v1/ingestion_pb.js';
export * as invoicingV1 from './generated/tollkeeper/invoicing/v1/invoicing_pb.js';
export * as ratingV1 from './generated/tollkeeper/rating/v1/rating_pb.js';
export * as receivablesV1 from './generated/tollkeeper/receivables/v1/receivables_pb.js';
export * as tenantV1 from './generated/tollkeeper/tenant/v1/tenant_pb.js';
export * as usageV1 from './generated/tollkeeper/usage/v1/usage_pb.js';
export * from './usage-codec.js';
