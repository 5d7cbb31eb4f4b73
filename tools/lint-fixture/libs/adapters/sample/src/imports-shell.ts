// refused: @nx/enforce-module-boundaries
import * as other from '@tollkeeper/chain-kit';

export { other };
