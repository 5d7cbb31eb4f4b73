export { SimWorld, type WorldOptions } from './world/world.js';
