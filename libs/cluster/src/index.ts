export { runPrepare } from './process/run-prepare.js';
export { runService } from './process/run-service.js';
export type { ServiceDefinition, ServiceParts } from './process/service-definition.js';
