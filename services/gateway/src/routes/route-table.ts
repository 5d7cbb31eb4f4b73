import type { Route } from '../http/route.js';
import { customerRoutes } from './customer.routes.js';
import { deviceRoutes } from './device.routes.js';
import { invoicingRoutes } from './invoicing.routes.js';
import { partnerRoutes } from './partner.routes.js';
import { proofRoutes } from './proof.routes.js';
import { ratingRoutes } from './rating.routes.js';
import { receivablesRoutes } from './receivables.routes.js';
import { tenantRoutes } from './tenant.routes.js';
import { usageRoutes } from './usage.routes.js';
import { webhookRoutes } from './webhook.routes.js';

/** The public API, whole: served, documented and tested from this table. */
export const routeTable: readonly Route[] = [
  ...tenantRoutes,
  ...customerRoutes,
  ...deviceRoutes,
  ...ratingRoutes,
  ...usageRoutes,
  ...invoicingRoutes,
  ...receivablesRoutes,
  ...partnerRoutes,
  ...webhookRoutes,
  ...proofRoutes,
];
