// refused: @nx/enforce-module-boundaries
import * as other from '@tollkeeper/chain-store-level';

export { other };
