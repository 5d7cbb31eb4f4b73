export * from './accumulator.js';
export * from './meter.js';
export * from './period.js';
export { fromReadingState, type Reading, type ReadingState, toReadingState } from './register.js';
export { maxUniqueKeys } from './unique-keys.js';
export { isTimeZone, localDateAt, startOfLocalDate, type ZoneClock, zoneClock } from './zone-clock.js';
export * from './contract-period.js';
