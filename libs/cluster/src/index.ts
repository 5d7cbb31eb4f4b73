export { runService } from './process/run-service.js';
export type { ServiceDefinition, ServiceParts } from './process/service-definition.js';
