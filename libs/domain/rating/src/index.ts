export * from './catalogue.js';
export { charge, chargeFor, type CompiledModel, compileModel } from './charge.js';
export * from './price-list.js';
export * from './rate-page.js';
export * from './rate-page.types.js';
export { defaultLateWindowMs, defaultMaxPeriods, dropOldPeriods, emptyRatingState, type PeriodState, type RatingState, type UseState } from './rating-state.js';
export { type PriceListFault } from './fields.js';
export * from './price-list.reader.js';
