export { RatingModule } from './rating.module.js';
export type { RatingOptions } from './rating.options.js';
