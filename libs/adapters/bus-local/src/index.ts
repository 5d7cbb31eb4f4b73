export * from './local-bus.js';
export { LogDamaged } from './segment-recovery.js';
