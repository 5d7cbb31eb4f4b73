export { IngestionModule } from './ingestion.module.js';
export type { IngestionOptions } from './ingestion.options.js';
export { defaultIntakeLimits, type IntakeLimits } from './accept/intake-limits.js';
