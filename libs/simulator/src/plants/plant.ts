import type { PortWrapper } from '../services/platform.js';
import type { SimWorld } from '../world/world.js';

/** A bug put into the world from outside the product. */
export interface Plant {
  readonly name: string;
  readonly description: string;
  /** Changes the ports of each process. */
  readonly wrap?: PortWrapper;
  /** Changes the disk that all processes share. */
  corrupt?(world: SimWorld): void;
}
