export { plants } from './plants/plants.js';
export type { Plant } from './plants/plant.js';
export { runSeed, type SeedOptions, type SeedOutcome } from './run-seed.js';
export { SimWorld, type WorldOptions } from './world/world.js';
