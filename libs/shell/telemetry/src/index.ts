export * from './start-telemetry.js';
export * from './traced-ports.js';
